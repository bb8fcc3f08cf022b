"""Load predicate frames: the verbs, nouns and adjectives that report an act.

A frame is one row of ``codebook/predicates/*.toml`` (events), ``statements.toml``
or ``relations.toml``. Every row is checked when it is loaded; an error names the
file and the frame.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dragoman.errors import ConfigError
from dragoman.schema import EventType

Words = tuple[str, ...]
PartOfSpeech = Literal["verb", "noun", "adj"]
Complement = Literal["to", "that", "ing"]

#: Slots tried for the actor and the recipient when a frame names none.
DEFAULT_ACTOR: Mapping[str, Words] = {
    "verb": ("subject",),
    "noun": ("possessive", "by", "modifier", "from"),
    "adj": ("subject",),
}
DEFAULT_RECIPIENT: Mapping[str, Words] = {
    "verb": ("object", "indirect"),
    "noun": ("against", "on", "with", "of"),
    "adj": ("of", "to", "toward", "with"),
}


class Frame(BaseModel):
    """One reading of one predicate (see docs/codebook.md for every key)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    lemma: Annotated[str, Field(min_length=1)]
    pos: PartOfSpeech
    type: EventType | None = None
    mode: str | None = None
    cameo: str | None = None
    stance: str | None = None
    label: str | None = None
    contexts: Words = ()
    symmetric: bool = False
    particle: str | None = None
    object: Words = ()
    not_object: Words = ()
    prep: dict[str, Words] = Field(default_factory=dict)
    complement: tuple[Complement, ...] = ()
    complement_verb: Words = ()
    predicate: Words = ()
    needs: Words = ()
    intransitive: bool = False
    actor: Words | None = None
    recipient: Words | None = None
    about: Words | None = None
    source: Words | None = None
    target: Words | None = None
    because_of: Words = ()
    sector: str | None = None
    light: Words = ()
    magnitude: str | None = None
    example: str
    expect: dict[str, Any] = Field(default_factory=dict)

    @property
    def kind(self) -> Literal["event", "statement", "relation"]:
        """Say which of the three outputs the frame makes."""
        if self.stance is not None:
            return "statement"
        return "relation" if self.label is not None else "event"

    @cached_property
    def actor_slots(self) -> Words:
        """Slots in which to look for who acts."""
        return self.actor if self.actor is not None else DEFAULT_ACTOR[self.pos]

    @cached_property
    def recipient_slots(self) -> Words:
        """Slots in which to look for whom it is done to."""
        return self.recipient if self.recipient is not None else DEFAULT_RECIPIENT[self.pos]

    @cached_property
    def specificity(self) -> int:
        """Count the conditions: the frame with the most wins."""
        return (
            3 * bool(self.object)
            + any(" " in word for word in self.object)
            + 3 * bool(self.particle)
            + sum(3 if words else 1 for words in self.prep.values())
            + 2 * bool(self.complement)
            + 3 * bool(self.complement_verb)
            + 3 * bool(self.predicate)
            + len(self.needs)
            + bool(self.not_object)
            + bool(self.intransitive)
        )


@dataclass(frozen=True, slots=True)
class FrameTable:
    """All frames, by part of speech and lemma, each list most specific first."""

    frames: tuple[Frame, ...]
    by_head: Mapping[tuple[str, str], tuple[Frame, ...]]
    classes: Mapping[str, frozenset[str]]

    def of(self, pos: str, lemma: str) -> tuple[Frame, ...]:
        """Return the frames of a head word, most specific first."""
        return self.by_head.get((pos, lemma), ())

    def expand(self, words: Iterable[str]) -> frozenset[str]:
        """Replace ``@class`` by the words of that class."""
        out: set[str] = set()
        for word in words:
            out |= self.classes[word[1:]] if word.startswith("@") else {word}
        return frozenset(out)


def _read(resource: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(resource.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{resource.name}: not valid TOML: {error}") from error


def load_classes(folder: Traversable) -> dict[str, frozenset[str]]:
    """Load every ``classes*.toml`` of a codebook folder: class name to lemmas."""
    raw: dict[str, list[str]] = {}
    for resource in sorted(folder.iterdir(), key=lambda item: item.name):
        if resource.name.startswith("classes") and resource.name.endswith(".toml"):
            for name, words in _read(resource).get("classes", {}).items():
                if name in raw:
                    raise ConfigError(f"{resource.name}: class '{name}' is defined twice")
                raw[name] = words
    classes: dict[str, frozenset[str]] = {}

    def resolve(name: str, path: tuple[str, ...]) -> frozenset[str]:
        if name in classes:
            return classes[name]
        if name not in raw or name in path:
            raise ConfigError(f"classes: '@{name}' is unknown or refers to itself")
        words: set[str] = set()
        for word in raw[name]:
            words |= resolve(word[1:], (*path, name)) if word.startswith("@") else {word}
        classes[name] = frozenset(words)
        return classes[name]

    for name in raw:
        resolve(name, ())
    return classes


def load_frames(folder: Traversable | None = None) -> FrameTable:
    """Load and check all frames of a codebook folder (default: the packaged one).

    Raises ``ConfigError`` that names file and frame.
    """
    root = folder if folder is not None else files("dragoman.codebook")
    classes = load_classes(root)
    resources = sorted(
        (item for item in (root / "predicates").iterdir() if item.name.endswith(".toml")),
        key=lambda item: item.name,
    )
    resources += [root / "statements.toml", root / "relations.toml"]
    frames: list[Frame] = []
    seen: dict[str, str] = {}
    for resource in resources:
        for number, row in enumerate(_read(resource).get("frame", []), start=1):
            where = f"{resource.name}, frame {number} ({row.get('id', 'no id')})"
            try:
                frame = Frame.model_validate(row)
            except ValidationError as error:
                first = error.errors()[0]
                key = ".".join(str(part) for part in first["loc"])
                raise ConfigError(f"{where}: {key}: {first['msg']}") from error
            if frame.kind == "event" and (frame.type is None or frame.cameo is None):
                raise ConfigError(f"{where}: an event frame needs type and cameo")
            if frame.id in seen:
                raise ConfigError(f"{where}: id already used in {seen[frame.id]}")
            named = (frame.object, frame.not_object, frame.complement_verb, frame.predicate)
            for words in (*named, *frame.prep.values()):
                for word in words:
                    if word.startswith("@") and word[1:] not in classes:
                        raise ConfigError(f"{where}: class '{word}' is not defined")
            seen[frame.id] = resource.name
            frames.append(frame)
    by_head: dict[tuple[str, str], list[Frame]] = {}
    for frame in frames:
        by_head.setdefault((frame.pos, frame.lemma), []).append(frame)
    return FrameTable(
        frames=tuple(frames),
        by_head={
            head: tuple(sorted(rows, key=lambda frame: -frame.specificity))
            for head, rows in by_head.items()
        },
        classes=classes,
    )


@cache
def stances() -> tuple[str, ...]:
    """Return the stances that ``statements.toml`` knows, in the order of the alphabet."""
    return _known("statements.toml", "stance")


@cache
def labels() -> tuple[str, ...]:
    """Return the labels of relations that ``relations.toml`` knows, in the same order."""
    return _known("relations.toml", "label")


def _known(name: str, key: str) -> tuple[str, ...]:
    rows = _read(files("dragoman.codebook") / name).get("frame", [])
    return tuple(sorted({row[key] for row in rows}))
