"""Builders of small source files in every format, for tests of ingest."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from email.message import EmailMessage

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

STORY = (
    "NAIROBI, May 4 (Sample Wire) - The foreign minister of Brazil met the foreign minister of "
    "Kenya in Nairobi on Friday, and both called for new talks on trade.\n"
    "The ministers said that a further meeting will be held in Brasilia next month.\n"
    "Officials of both countries had prepared the visit for several weeks, the ministry said."
)


def page(body: str = STORY, title: str = "Ministers meet in Nairobi") -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in body.split("\n"))
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>'
        '<meta property="og:site_name" content="Sample Times">'
        '<meta property="article:published_time" content="2024-05-04T10:00:00Z">'
        f"</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    ).encode()


def mail(body: str = STORY, html: bool = False, attach: bytes = b"") -> bytes:
    message = EmailMessage()
    message["From"] = "Sample Desk <desk@sample.example>"
    message["To"] = "readers@sample.example"
    message["Subject"] = "Ministers meet"
    message["Date"] = "Sat, 04 May 2024 10:00:00 +0000"
    if html:
        message.set_content(page(body).decode(), subtype="html")
    else:
        message.set_content(body)
    if attach:
        message.add_attachment(attach, maintype="application", subtype="pdf", filename="a.pdf")
    return bytes(message)


def mbox(*bodies: str) -> bytes:
    return b"".join(
        b"From desk@sample.example Sat May  4 10:00:00 2024\n" + mail(body) + b"\n"
        for body in bodies
    )


def pdf(*lines: str, title: str = "Press release") -> bytes:
    """Return a PDF of one page with a text layer."""
    text = b"".join(
        b"(" + line.encode("latin-1").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj T*\n"
        for line in lines
    )
    stream = b"BT /F1 12 Tf 14 TL 50 750 Td\n" + text + b"ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(%s)/CreationDate(D:20240504100000Z)>>" % title.encode(),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (
        b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R/Info 6 0 R>>\n"
        b"startxref\n%d\n%%%%EOF" % (table, len(out))
    )


def warc(*bodies: bytes, packed: bool = True) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=packed)
    for number, body in enumerate(bodies, start=1):
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                f"https://sample.example/{number}",
                "response",
                payload=io.BytesIO(body),
                http_headers=headers,
            )
        )
    return out.getvalue()


def rss(*entries: tuple[str, str, str]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>{link}</link><description>{text}</description>"
        "<pubDate>Sat, 04 May 2024 10:00:00 GMT</pubDate></item>"
        for title, link, text in entries
    )
    return (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>Sample Times</title>'
        f"<language>en-gb</language>{items}</channel></rss>"
    ).encode()


def atom(text: str = STORY) -> bytes:
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Sample Post</title>'
        "<entry><title>Talks</title><link href='https://post.example/1'/>"
        "<updated>2024-05-04T10:00:00Z</updated>"
        f"<content type='html'>&lt;p&gt;{text}&lt;/p&gt;</content></entry></feed>"
    ).encode()


def newsml(text: str = STORY, status: str = "stat:usable") -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        '<?xml version="1.0"?><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" '
        'guid="urn:newsml:sample.example:1"><itemMeta><provider><name>Sample Agency</name>'
        "</provider><versionCreated>2024-05-04T10:00:00Z</versionCreated>"
        f'<pubStatus qcode="{status}"/></itemMeta><contentMeta><headline>Talks open</headline>'
        '<language tag="en-GB"/></contentMeta><contentSet><inlineXML>'
        f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{paragraphs}</body></html>'
        "</inlineXML></contentSet></newsItem>"
    ).encode()


def nitf(text: str = STORY) -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        '<?xml version="1.0"?><!DOCTYPE nitf SYSTEM "nitf-3-4.dtd"><nitf><head><docdata>'
        '<date.issue norm="20240504T100000Z"/><doc.copyright holder="Sample Agency"/></docdata>'
        "</head><body><body.head><hedline><hl1>Talks open</hl1></hedline></body.head>"
        f"<body.content>{paragraphs}</body.content></body></nitf>"
    ).encode()


def sitemap(*urls: str) -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        f"{entries}</urlset>"
    ).encode()


def rows(*texts: str) -> bytes:
    return b"".join(
        json.dumps({"body": text, "headline": "Talks", "date": "2024-05-04"}).encode() + b"\n"
        for text in texts
    )


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
