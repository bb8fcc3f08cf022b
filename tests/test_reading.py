"""What is body text, and the parse that keeps offsets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.errors import ConfigError
from dragoman.ingest import document_from_text
from dragoman.reading import read
from dragoman.reading.parse import Parser, chunks, masked_text
from dragoman.schema import BlockKind, Document, Reading

LEAD = "Kenya and Uganda reopened their border on Monday after a month of talks."
NEXT = "Officials of both countries said traders would be the first to cross."


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser()


def kinds(*paragraphs: str, gap: str = "\n\n") -> list[str]:
    reading = read(document_from_text(gap.join(paragraphs)))
    return [block.kind.value for block in reading.blocks]


@pytest.mark.parametrize(
    ("paragraph", "kind"),
    [
        ("Also read: Uganda, Rwanda reaffirm trade ties", "teaser"),
        ("Read more: What the border deal means for farmers.", "teaser"),
        ("READ ALSO | Army chief visits the frontier", "teaser"),
        ("Related: Timeline of the dispute", "teaser"),
        ("See also: Kampala names envoy", "teaser"),
        ("Watch: Trucks roll over the bridge again", "teaser"),
        ("Don’t miss our special report", "teaser"),
        ("More on this story", "teaser"),
        ("Sign up for our morning briefing and never miss a story.", "teaser"),
        ("Subscribe to our channel", "teaser"),
        ("Share this article", "boilerplate"),
        ("We use cookies to improve your experience.", "boilerplate"),
        ("Copyright 2021 Lakeside News. All rights reserved.", "boilerplate"),
        ("© 2021 Lakeside News", "boilerplate"),
        ("Reporting by Ann Otieno in Nairobi; Editing by Paul Muwanga", "boilerplate"),
        ("(Reporting by Ann Otieno; Editing by Paul Muwanga)", "boilerplate"),
        ("ADVERTISEMENT", "boilerplate"),
        ("4 min read", "boilerplate"),
        ("By Ann Otieno", "boilerplate"),
        ("By Ann Otieno and Paul Muwanga, Diplomatic Correspondents", "boilerplate"),
        ("Tags: Kenya, Uganda, border", "boilerplate"),
        ("FILE PHOTO: Trucks wait at the crossing in Busia, May 3, 2021.", "caption"),
        ("FILE - Trucks wait at the crossing in Busia. (AP Photo/Ann Otieno, File)", "caption"),
        ("Presidents shake hands at the bridge [File: Paul Muwanga/Reuters]", "caption"),
        ("The two leaders met at the bridge. Photo: Ann Otieno", "caption"),
        ("Trucks wait at the crossing. Getty Images", "caption"),
        ("(Photo: State House)", "caption"),
        ("Old Quarrels, New Hopes", "heading"),
        ("A LONG DISPUTE", "heading"),
        ("Why the border matters", "heading"),
        ("What happens next?", "heading"),
        ("Burundi closed its embassy.", "body"),
        ("“We will never close it again,” the president said.", "body"),
        ("By Monday, troops had left the crossing.", "body"),
        ("Correction: an earlier version named the wrong minister.", "body"),
        ("- Rwanda sent two hundred soldiers to the frontier on Sunday", "body"),
        ("• Tanzania offered to mediate.", "body"),
        ("Published reports said that Rwanda had sent soldiers to the frontier.", "body"),
        ("Watch groups accused Rwanda of arming the rebels.", "body"),
        ("Related talks in Kigali between the two armies ended without a deal.", "body"),
        ("Reuters and AFP reporters saw soldiers leave the frontier.", "body"),
    ],
)
def test_kinds_between_body_paragraphs(paragraph: str, kind: str) -> None:
    assert kinds(LEAD, paragraph, NEXT) == ["body", kind, "body"]


def test_title_deck_byline() -> None:
    assert kinds(
        "Kenya and Uganda reopen border", "Traders cross first after a month", "By Ann Otieno", LEAD
    ) == ["title", "heading", "boilerplate", "body"]


def test_title_with_metadata_title() -> None:
    document = Document(
        id="d1", text="Border is open.\n\n" + LEAD, source="x", title="Border is open."
    )
    assert [b.kind for b in read(document).blocks] == [BlockKind.TITLE, BlockKind.BODY]


def test_list_of_teasers_ends_with_the_next_sentence() -> None:
    assert kinds(
        LEAD, "RELATED STORIES", "Army chief visits frontier", "- Kampala names new envoy", NEXT
    ) == ["body", "teaser", "teaser", "teaser", "body"]


@pytest.mark.parametrize(
    "text",
    [
        LEAD,
        "Kenya reopened its border with Uganda",
        "Kenya: the border with Uganda is open",
        "Sudan expelled the ambassador of Chad on Friday",
    ],
)
def test_single_line_is_body(text: str) -> None:
    assert kinds(text) == ["body"]


def test_lines_are_paragraphs_and_crlf_keeps_offsets() -> None:
    text = f"{LEAD}\r\n{NEXT}\r\n\r\n\tBurundi closed its embassy."
    reading = read(document_from_text(text))
    assert [b.span.of(text) for b in reading.blocks] == [LEAD, NEXT, "Burundi closed its embassy."]


def test_hard_wrapped_text_is_joined() -> None:
    text = (
        "Kenya and Uganda reopened their border on Monday after a month of\n"
        "talks in which both had accused the other of sheltering armed men and\n"
        "smugglers. Officials of both countries said that traders would be the\n"
        "first to cross.\n\nA Long Dispute\n\n"
        "The quarrel began when Kenya seized trucks that belonged to the\n"
        "government of Uganda in April."
    )
    assert kinds(text) == ["body", "heading", "body"]


def test_credits_are_split_off_the_last_paragraph() -> None:
    text = f"{LEAD}\n\n{NEXT} (Reporting by Ann Otieno; Editing by Paul Muwanga)"
    reading = read(document_from_text(text))
    assert [(b.kind.value, b.span.of(text)) for b in reading.blocks] == [
        ("body", LEAD),
        ("body", NEXT),
        ("boilerplate", "(Reporting by Ann Otieno; Editing by Paul Muwanga)"),
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (LEAD + " " + NEXT, "en"),
        ("Zelenskyy, Erdoğan, Guterres met Lavrov, Amir-Abdollahian, Fidan by Monday", "en"),
        ("Oui.", "en"),
        (
            "Le ministre des Affaires étrangères a rencontré lundi à Paris son homologue italien "
            "pour discuter de la situation au Sahel et des relations entre les deux pays.",
            "fr",
        ),
        (
            "Der Außenminister traf am Montag in Wien seinen Amtskollegen aus Ungarn, um über den "
            "Haushalt der Union und über die Lage an der Grenze zu sprechen.",
            "de",
        ),
        (
            "Министр иностранных дел России встретился в Москве с министром Ирана в понедельник.",
            "ru",
        ),
    ],
)
def test_language(text: str, language: str) -> None:
    assert read(document_from_text(text)).language == language


def _check(reading: Reading) -> None:
    text = reading.document.text
    masked = masked_text(reading)
    assert len(masked) == len(text)
    at = 0
    for block in reading.blocks:
        assert at <= block.span.start < block.span.end <= len(text)
        assert not text[at : block.span.start].strip()
        at = block.span.end
        piece = masked[block.span.start : block.span.end]
        for raw, seen in zip(block.span.of(text), piece, strict=True):
            if block.kind is not BlockKind.BODY:
                assert seen == " "
            elif raw.isalnum() or raw in "-–—&.,;!?%$()":
                assert seen == raw
    assert not text[at:].strip()


PIECES = st.sampled_from(
    [
        LEAD,
        NEXT,
        "Also read: Uganda",
        "MOSCOW, March 30 (Reuters) - ",
        "By Ann Otieno",
        "A Heading",
        "“Yes,” he’d said.",
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "\t",
        "\u00a0",
        "\u2028",
        "\x00",
        "- ",
        "(Photo: X)",
        "12 March 2022",
        "/TASS/ ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=30), max_size=14).map("".join))
def test_blocks_and_mask_of_any_text(text: str) -> None:
    _check(read(Document(id="d1", text=text, source="x")))


def test_a_dash_behind_an_agency_between_slashes_is_the_datelines() -> None:
    reading = read(document_from_text(f"/TASS/ - {LEAD}"))
    _check(reading)
    assert reading.dateline is not None
    assert reading.dateline.agency == "TASS"


def test_mask_keeps_ampersand_dash_and_offsets() -> None:
    text = "Türkiye’s “war” & peace – a\u00a0plan\tfor Syria."
    masked = masked_text(read(document_from_text(text)))
    assert masked == 'Türkiye\'s "war" & peace – a plan for Syria.'


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Gen. Ali met Lt. Col. Okello. They signed a truce.", 2),
        ("The U.S. Senate backed Mr. Biden. It voted on Friday.", 2),
        ("He flew to the U.S. The visit lasted two days.", 2),
        ("Donald J. Trump met Kim. U.N. Resolution No. 1701 was discussed.", 2),
        ("Burundi closed its embassy.\n\n- Rwanda sent two hundred soldiers there", 2),
    ],
)
def test_sentences(parser: Parser, text: str, count: int) -> None:
    reading = read(document_from_text(text))
    ((_, doc),) = parser.docs([reading])
    assert len([s for s in doc.sents if s.text.strip()]) == count


def test_tokens_carry_document_offsets(parser: Parser) -> None:
    text = f"A title here\n\nGENEVA (AP) — {LEAD}\n\nAlso read: Nothing\n\n{NEXT}"
    reading = read(document_from_text(text))
    ((_, doc),) = parser.docs([reading])
    for token in doc:
        if not token.is_space:
            assert text[token.idx : token.idx + len(token)] == token.text
    starts = [next(t.idx for t in s if not t.is_space) for s in doc.sents if s.text.strip()]
    assert starts == [text.index(LEAD), text.index(NEXT)]


def test_long_text_is_parsed_in_parts_with_true_offsets(parser: Parser) -> None:
    text = "\n\n".join([LEAD, NEXT] * 4)
    reading = read(document_from_text(text))
    parts = list(chunks(reading, masked_text(reading), most=200))
    assert len(parts) == 4
    assert all(part.end - part.start <= 200 for part in parts)
    assert " ".join(part.of(text) for part in parts).split() == text.split()
    doc = parser._tokens(masked_text(reading), parts[2])
    words = [token for token in doc if not token.is_space]
    assert words[0].idx == parts[2].start
    assert text[words[5].idx : words[5].idx + len(words[5])] == words[5].text


def test_parts_keep_the_norms_of_the_tokenizer(parser: Parser) -> None:
    text = "\n\n".join([LEAD, "Rwanda didn't send soldiers to the frontier of Kenya."])
    reading = read(document_from_text(text))
    part = list(chunks(reading, masked_text(reading), most=80))[1]
    doc = parser._tokens(masked_text(reading), part)
    assert [t.norm_ for t in doc if not t.is_space][:3] == ["rwanda", "do", "not"]


def test_one_huge_block_is_cut_after_sentences() -> None:
    reading = read(document_from_text("The two ministers met again. " * 100))
    parts = list(chunks(reading, masked_text(reading), most=500))
    assert all(part.of(reading.document.text).rstrip().endswith(".") for part in parts)
    assert sum(part.end - part.start for part in parts) == reading.blocks[0].span.end


def test_order_of_readings_is_kept_and_empty_ones_too(parser: Parser) -> None:
    texts = [LEAD, "Also read: Nothing here", NEXT]
    readings = [read(document_from_text(text)) for text in texts]
    assert [reading.document.text for reading, _ in parser.docs(readings)] == texts


def test_unknown_pipeline() -> None:
    with pytest.raises(ConfigError, match="no_such_pipeline"):
        Parser("no_such_pipeline")
