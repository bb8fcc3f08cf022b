"""What fuzzing calls: every reader on any bytes. Only ``InputError`` may come out."""

from __future__ import annotations

import io
from collections.abc import Callable

import sources as make
from dragoman.duplicates.copies import shingles
from dragoman.duplicates.happenings import words_of
from dragoman.duplicates.origins import registrable_domain
from dragoman.errors import InputError
from dragoman.ingest.apart import parse, units_of
from dragoman.ingest.around import around
from dragoman.ingest.context import Context
from dragoman.ingest.encodings import decode
from dragoman.ingest.fetch import Fetcher, is_public
from dragoman.ingest.files import document_id, url_key
from dragoman.ingest.readers.letter import own_words
from dragoman.ingest.readers.pdf import joined, unwrap, without_running_heads
from dragoman.ingest.sniff import sniff
from dragoman.ingest.units import Flaw, Limits, Unit, day

LIMITS = Limits(
    unit_bytes=300_000, nested_bytes=300_000, ratio_from=100_000, members=30, links=50,
    text_characters=200_000, pdf_pages=20, mail_parts=50,
)  # fmt: skip
#: Reader to the name of a source and a sound one to start from.
SEEDS: dict[str, tuple[str, bytes]] = {
    "text": ("a.txt", make.STORY.encode()),
    "html": ("a.html", make.page()),
    "mail": ("a.eml", make.mail(attach=b"%PDF")),
    "mbox": ("a.mbox", make.mbox("Talks.", "More talks.")),
    "feed": ("a.xml", make.rss(("Talks", "https://x.example/1", "Talks &amp; more."))),
    "atom": ("a.xml", make.atom("Talks.")),
    "newsml": ("a.xml", make.newsml("Talks.")),
    "nitf": ("a.xml", make.nitf("Talks.")),
    "sitemap": ("a.xml", make.sitemap("https://x.example/1")),
    "pdf": ("a.pdf", make.pdf("Talks began.", "They ended.")),
    "rows": ("a.jsonl", make.rows("Talks.", "More.")),
    "json": ("a.json", b'[{"text": "Talks.", "date": 1714800000}]'),
    "csv": ("a.csv", b'text,title,date\n"Talks, again",T,2024-05-04\n'),
    "warc": ("a.warc", make.warc(make.page("Talks."), packed=False)),
    "gzip": ("a.gz", make.gzipped(make.rows("Talks."))),
    "zip": ("a.zip", make.zipped(a=b"Talks.", b=make.page("Talks."))),
    "tar": ("a.tar", make.tarred(a=b"Talks.", b=b"More.")),
    "urls": ("a.urls", b"https://x.example/1\n# no\nhttps://x.example/2\n"),
}


_FETCHER = Fetcher()  # it loads the certificates, which takes longer than a check


def read_source(name: str, data: bytes) -> int:
    """Take a source apart and parse every unit; return how many documents came out."""
    count = 0
    context = Context(LIMITS, units_of)
    try:
        for unit in units_of(io.BytesIO(data), name, context):
            assert unit.key
            if isinstance(unit, Flaw):
                continue
            count += parse_unit(unit)
    except InputError as error:
        check_told(error)
    return count


def check_told(error: InputError) -> None:
    """Check that an error says where, why and what."""
    assert error.source is not None
    assert error.reason
    assert error.message


def parse_unit(unit: Unit) -> int:
    """Parse one unit; every document has an id, and text without lone surrogates."""
    found = 0
    try:
        for document in parse(unit, LIMITS):
            text = getattr(document, "text", "x")
            text.encode("utf-8")
            assert len(text) <= LIMITS.text_characters
            found += 1
    except InputError as error:
        check_told(error)
    return found


def read_own(data: bytes) -> None:
    """Call the small parsers that are the project's own."""
    text = data.decode("utf-8", "replace")
    sniff(data, text[:40])
    day(text[:80])
    url_key(text)
    registrable_domain(text)
    is_public(text)
    document_id(text, text[:200])
    words_of(text)
    shingles(text)
    own_words(text)
    around("page").without(text)
    joined([unwrap(page) for page in without_running_heads(text.split("\f"))])
    for call in (lambda: decode(data, "a"), lambda: _FETCHER._check(text, text)):
        try:
            call()
        except InputError as error:
            check_told(error)


#: Target to what is called with the bytes.
TARGETS: dict[str, Callable[[bytes], object]] = {
    "own": read_own,
    **{
        name: (lambda data, source=source: read_source(source, data))
        for name, (source, _) in SEEDS.items()
    },
}
