"""Which format is this? By the first bytes, and by the name where those leave it open."""

from __future__ import annotations

import re

from dragoman.ingest.html import looks_like_html

#: How many first bytes are looked at.
HEAD = 4096
_XML_ROOT = re.compile(rb"<(?![?!])(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})")
_ROOTS = {
    b"rss": "feed",
    b"feed": "feed",
    b"RDF": "feed",
    b"urlset": "sitemap",
    b"sitemapindex": "sitemap",
    b"newsItem": "newsml",
    b"newsMessage": "newsml",
    b"NewsML": "newsml",
    b"nitf": "newsml",
}
_JSON_FEED = re.compile(rb"https?:\\?/\\?/jsonfeed\.org\\?/version")
_SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".mbox": "mbox",
    ".eml": "mail",
    ".urls": "urls",
    ".txt": "text",
    ".text": "text",
    ".md": "text",
}
_HEADER = re.compile(
    rb"(?:(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version"
    rb"|X-[A-Za-z-]{1,40})[ \t]{0,4}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,60}){2}",
    re.I,
)
_COMPRESSED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


def sniff(head: bytes, name: str) -> str:
    """Return the format of a source: the name of its reader.

    Containers: gzip, zip, tar, warc, jsonl, json, csv, parquet, mbox. Single: text,
    html, pdf, mail, newsml, feed, sitemap, urls; and ``packed`` for compressions that
    are not read.
    """
    name = re.sub(r"(?:\.gz)+$", "", name, flags=re.I)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode("utf-8", "replace")
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"PAR1"):
        return "parquet"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(tuple(_COMPRESSED)):
        return "packed"
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix in _SUFFIXES and suffix not in {".txt", ".text", ".md"}:
        return _SUFFIXES[suffix]
    if start.startswith(b"<"):
        return _xml(start, name)
    if suffix in _SUFFIXES:
        return "urls" if _only_addresses(start) else _SUFFIXES[suffix]
    if start[:1] in b"[{" and (suffix == ".json" or _JSON_FEED.search(start)):
        return "json"
    if start.startswith(b"From ") and b"\n" in head:
        return "mbox"
    if _HEADER.match(start):
        return "mail"
    return "urls" if _only_addresses(start) else "text"


def _xml(start: bytes, name: str) -> str:
    root = _XML_ROOT.search(start)
    if root is not None and root.group(1) in _ROOTS:
        return _ROOTS[root.group(1)]
    text = start.decode("utf-8", "replace")
    return "html" if looks_like_html(text, name) else "text"


def _only_addresses(start: bytes) -> bool:
    lines = [line.strip() for line in start.split(b"\n") if line.strip()]
    if len(start) >= HEAD - 64:
        lines = lines[:-1]
    return bool(lines) and all(re.fullmatch(rb"https?://\S+", line) for line in lines)
