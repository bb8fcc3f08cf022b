"""Read and check the sentences from which the type model learns.

One example a line, four fields separated by `` | ``::

    TYPE/mode:code | status | context,context | <s>Actor</s> <a>acts</a> on <t>recipient</t>.

``TYPE`` is a PLOVER type or ``NONE``; the mode, the recipient and the contexts (``-``) may
be missing; ``NONE`` has the status ``none`` and no act. ``:code`` is a CAMEO code, written only
where the conversion table (``conventions.toml``) counts an act elsewhere than its mode. Lines
that begin with ``#`` hold the author's rationale: a file without any is refused.

Plain sentences, which only teachers label, are written without the first three fields.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragoman.codebook.ontology import Ontology, load_ontology
from dragoman.errors import ConfigError
from dragoman.schema import EventType, Span, Status

#: The label of a sentence in which the marked actor does nothing to the marked recipient.
NONE = "NONE"
_MARK = re.compile(r"<(/?)([sta])>")
_LABEL = re.compile(r"([A-Z]+)(?:/([a-z-]+))?(?::(\d{2,4}))?")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with the spans of actor, recipient and act, and what the act is.

    ``type`` is a PLOVER type's name or ``NONE``; ``status`` is a ``Status`` value or ``none``.
    """

    text: str
    actor: Span
    recipient: Span | None
    act: Span | None
    type: str
    mode: str | None
    status: str
    contexts: tuple[str, ...]
    source: str
    cameo: str | None = None

    @property
    def label(self) -> str:
        """The type with its mode and CAMEO code, as they are written in the file."""
        return join_label(self.type, self.mode, self.cameo)


def join_label(kind: str, mode: str | None, cameo: str | None) -> str:
    """Write a fine act: ``SANCTION/discontinue:163``, ``COERCE/arrest``, ``CONCEDE:055``."""
    return kind + (f"/{mode}" if mode else "") + (f":{cameo}" if cameo else "")


def split_label(label: str) -> tuple[str, str | None, str | None]:
    """Read a fine act: type, mode and CAMEO code. Raises ``ValueError``."""
    match = _LABEL.fullmatch(label)
    if match is None:
        raise ValueError(f"'{label}' is not TYPE, TYPE/mode or TYPE/mode:code")
    return match[1], match[2], match[3]


def read_examples(folder: Path) -> list[Example]:
    """Read every ``*.txt`` of a folder. Raises ``ConfigError`` that names file and line."""
    ontology = load_ontology()
    modes = _modes()
    return [parse_example(line, source, ontology, modes) for line, source in _lines(folder)]


def read_plain(folder: Path) -> list[Example]:
    """Read the plain sentences of every ``*.txt`` of a folder, ``NONE`` being their type.

    Actor and recipient are marked, and the act or not. Raises ``ConfigError`` that names file
    and line.
    """
    out = []
    for line, source in _lines(folder):
        text, spans = _unmark(line.strip(), source)
        out.append(
            Example(
                text, spans["s"], spans.get("t"), spans.get("a"), NONE, None, "none", (), source
            )
        )
    return out


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of every file but comments, each with file and number."""
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise ConfigError(f"{folder}: no *.txt files with training examples")
    for path in paths:
        lines = path.read_text(encoding="utf-8").splitlines()
        if not any(line.startswith("#") and len(line) > 20 for line in lines[:5]):
            raise ConfigError(f"{path}: the file must begin with its author's rationale ('# …')")
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                yield line, f"{path.name}:{number}"


def _modes() -> Mapping[str, frozenset[str]]:
    import tomllib
    from importlib.resources import files

    raw = tomllib.loads((files("dragoman.codebook") / "plover.toml").read_text(encoding="utf-8"))
    return {name: frozenset(row.get("modes", {})) for name, row in raw["types"].items()}


def parse_example(
    line: str, source: str, ontology: Ontology, modes: Mapping[str, frozenset[str]]
) -> Example:
    """Parse one line. Raises ``ConfigError`` that names ``source`` and the fault."""
    fields = line.split(" | ", 3)
    if len(fields) != 4:
        raise ConfigError(f"{source}: four fields separated by ' | ' are needed")
    label, status, context_list, marked = (field.strip() for field in fields)
    try:
        kind, mode, cameo = split_label(label)
    except ValueError as error:
        raise ConfigError(f"{source}: {error}") from error
    if kind != NONE and kind not in EventType.__members__:
        raise ConfigError(f"{source}: '{kind}' is no PLOVER type")
    if mode and mode not in modes.get(kind, frozenset()):
        raise ConfigError(f"{source}: {kind} has no mode '{mode}'")
    if status not in {s.value for s in Status} | {"none"} or (status == "none") != (kind == NONE):
        raise ConfigError(f"{source}: status '{status}' does not go with {kind}")
    contexts = (
        () if context_list in {"-", ""} else tuple(c.strip() for c in context_list.split(","))
    )
    for context in contexts:
        if context not in ontology.contexts:
            raise ConfigError(f"{source}: '{context}' is no PLOVER context")
    text, spans = _unmark(marked, source)
    if kind != NONE and "a" not in spans:
        raise ConfigError(f"{source}: no act is marked (<a>…</a>)")
    return Example(
        text,
        spans["s"],
        spans.get("t"),
        spans.get("a"),
        kind,
        mode,
        status,
        contexts,
        source,
        cameo,
    )


def _unmark(marked: str, source: str) -> tuple[str, dict[str, Span]]:
    text = ""
    spans: dict[str, Span] = {}
    opened: dict[str, int] = {}
    position = 0
    for match in _MARK.finditer(marked):
        text += marked[position : match.start()]
        position = match.end()
        closing, name = match.groups()
        if closing:
            if name not in opened:
                raise ConfigError(f"{source}: </{name}> closes nothing")
            spans[name] = Span(opened.pop(name), len(text))
        elif name in opened or name in spans:
            raise ConfigError(f"{source}: <{name}> is marked twice")
        else:
            opened[name] = len(text)
    if opened:
        raise ConfigError(f"{source}: <{next(iter(opened))}> is not closed")
    if "s" not in spans:
        raise ConfigError(f"{source}: no actor is marked (<s>…</s>)")
    return text + marked[position:], spans


def data_hash(examples: Iterable[Example]) -> str:
    """Return the SHA-256 of the examples in their order, as hexadecimal text."""
    digest = hashlib.sha256()
    for e in examples:
        digest.update(
            repr((e.text, e.actor, e.recipient, e.act, e.label, e.status, e.contexts)).encode()
        )
    return digest.hexdigest()


def part(text: str) -> float:
    """Return where a text falls between 0 and 1, always the same: what is held out lies below."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Check:
    """What ``check_examples`` found: counts per label, pairs too alike, thin classes."""

    counts: Mapping[str, int]
    modes: Mapping[str, int]
    contexts: Mapping[str, int]
    statuses: Mapping[str, int]
    alike: tuple[tuple[str, str, float], ...]
    imbalance: float


def check_examples(examples: Sequence[Example], *, alike: float = 0.6) -> Check:
    """Count the classes and find near-duplicates.

    Two sentences are too alike when their sets of three-word runs overlap by more than
    ``alike`` (Jaccard). ``imbalance`` is the largest type's count by the smallest's.
    """
    counts = Counter(e.type for e in examples)
    by_shingle: dict[tuple[str, ...], list[int]] = {}
    shingles: list[frozenset[tuple[str, ...]]] = []
    for index, example in enumerate(examples):
        words = _WORD.findall(example.text.lower())
        own = frozenset(tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2)))
        shingles.append(own)
        for shingle in own:
            by_shingle.setdefault(shingle, []).append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for holders in by_shingle.values():
        if len(holders) < 50:
            for position, first in enumerate(holders):
                for second in holders[position + 1 :]:
                    shared[first, second] += 1
    pairs = []
    for (first, second), count in shared.items():
        likeness = count / len(shingles[first] | shingles[second])
        if likeness > alike and examples[first].text != examples[second].text:
            pairs.append((examples[first].source, examples[second].source, likeness))
    same: dict[tuple[str, Span, Span | None, Span | None], str] = {}
    for e in examples:
        key = (e.text, e.actor, e.recipient, e.act)
        if key in same:
            pairs.append((same[key], e.source, 1.0))
        same.setdefault(key, e.source)
    types = [counts[name] for name in EventType.__members__]
    return Check(
        counts=counts,
        modes=Counter(e.label for e in examples if e.mode or e.cameo),
        contexts=Counter(c for e in examples for c in e.contexts),
        statuses=Counter(e.status for e in examples),
        alike=tuple(sorted(pairs)),
        imbalance=max(types) / max(1, min(types)),
    )
