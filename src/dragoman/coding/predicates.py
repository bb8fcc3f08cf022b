"""Find predicates: words of the codebook's frames whose conditions hold in the parse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spacy.tokens import Token

from dragoman.codebook.frames import Frame, FrameTable
from dragoman.coding.syntax import VERBS, Tree
from dragoman.schema import EventType

_POS = {"VERB": "verb", "AUX": "verb", "NOUN": "noun", "PROPN": "noun", "ADJ": "adj"}
_PARTICLES_NEUTRAL = frozenset({"up", "out", "over", "back", "down", "together", "again", "also"})


#: The frame of a verb that the codebook lacks; the type model names its act.
OPEN_FRAME = Frame(
    id="open.verb",
    lemma="(any)",
    pos="verb",
    type=EventType.SUPPORT,
    needs=("actor", "recipient"),
    recipient=(
        "object", "indirect", "with", "to", "against", "on", "at", "from", "for", "into",
        "toward", "towards", "over", "of",
    ),
    example="",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A frame at a head word; ``verb`` carries tense, ``light`` if it is a light verb.

    ``others`` are the less specific readings, tried if this one's needs are not met.
    """

    frame: Frame
    head: Token
    verb: Token | None
    light: bool = False
    others: tuple[Candidate, ...] = ()


class PredicateFinder:
    """Match frames against a parse. Made once; holds no document."""

    def __init__(self, table: FrameTable) -> None:
        self._table = table
        self._objects = {f.id: table.expand(f.object) for f in table.frames if f.object}
        self._not_objects = {f.id: table.expand(f.not_object) for f in table.frames if f.not_object}
        self._preps = {
            f.id: {name: table.expand(words) for name, words in f.prep.items()}
            for f in table.frames
            if f.prep
        }
        self._complement_verbs = {
            f.id: table.expand(f.complement_verb) for f in table.frames if f.complement_verb
        }
        self._predicates = {f.id: table.expand(f.predicate) for f in table.frames if f.predicate}
        self._lights = {f.id: frozenset(f.light) for f in table.frames if f.light}

    @property
    def table(self) -> FrameTable:
        """The frames matched."""
        return self._table

    def find(self, tree: Tree) -> dict[int, Candidate]:
        """Return the best candidate of each head word, by token index."""
        found: dict[int, Candidate] = {}
        by_head = self._table.by_head
        lemmas = tree.lemmas
        for token in tree.doc:
            pos = _POS.get(token.pos_)
            if pos is None:
                continue
            frames = by_head.get((pos, lemmas[token.i]))
            if frames is None and token.tag_ == "VBN":  # 'was disappointed' is parsed as passive
                frames = by_head.get(("adj", token.lower_))
            if not frames:
                continue
            if pos == "verb" and tree.deps[token.i] in {"amod", "aux", "auxpass", "compound"}:
                continue
            matches = [c for f in frames if (c := self._match(f, token, tree)) is not None]
            if matches:
                matches.sort(key=lambda c: not c.light)
                found[token.i] = replace(matches[0], others=tuple(matches[1:]))
        self._settle(found, tree)
        return found

    def unread(
        self, tree: Tree, found: Mapping[int, Candidate], skip: frozenset[str]
    ) -> list[Candidate]:
        """Return the verbs that no frame reads, as candidates of ``OPEN_FRAME``.

        Left out are the lemmas of ``skip`` (speech, light and auxiliary verbs), verbs under
        or over a word that a frame reads, and verbs without subject or object.
        """
        out = []
        busy = set(found) | {c.verb.i for c in found.values() if c.verb is not None}
        for token in tree.doc:
            if token.pos_ != "VERB" or token.i in busy or tree.lemmas[token.i] in skip:
                continue
            if tree.deps[token.i] in {"amod", "aux", "auxpass", "compound", "csubj", "pcomp"}:
                continue
            if token.head.i in found and token.head.i != token.i:
                continue
            if tree.deps[token.i] == "acl" and token.tag_ == "VBN":
                continue  # 'jihadists linked to al-Qaeda', 'a text drafted by France'
            patients = tree.patients(token)
            if any(noun.i in busy for noun in patients):
                continue
            if any(child.i in busy for child in tree.kids(token, "xcomp", "ccomp")):
                continue
            if tree.agents(token):
                out.append(Candidate(OPEN_FRAME, token, token))
        return out

    # -- conditions ------------------------------------------------------------------

    def words_of(self, token: Token, tree: Tree) -> set[str]:
        """Return what an object condition may name: head, content word, compounds."""
        out: set[str] = set()
        for noun in tree.conjuncts(token):
            for item in {noun, tree.content(noun)}:
                lemma = tree.lemma(item)
                out.add(lemma)
                out.add(item.lower_)
                if item.pos_ == "NUM":  # 'Kenya sent 900 soldiers, Uganda 1,000'
                    counted = tree.counted_before(item)
                    if counted is not None:
                        out.add(tree.lemma(counted))
                for prep in tree.kids(item, "prep"):
                    if prep.lower_ == "of":
                        out.update(f"{lemma} of {tree.lemma(p)}" for p in tree.kids(prep, "pobj"))
                for child in tree.kids(item, "compound", "amod", "nmod"):
                    out.add(f"{child.lower_} {lemma}")
                    if tree.deps[child.i] == "compound":
                        out.add(tree.lemma(child))
        return out

    def _match(self, frame: Frame, token: Token, tree: Tree) -> Candidate | None:
        verb: Token | None = token if frame.pos == "verb" else None
        light = False
        if frame.pos == "verb":
            particles = tree.particles(token)
            if frame.particle is not None:
                if frame.particle not in particles and not tree.prepositions(
                    token, frame.particle, 1
                ):
                    return None
            elif any(
                tree.deps[child.i] == "prt" and child.lower_ not in _PARTICLES_NEUTRAL
                for child in tree.children[token.i]
            ):
                return None
            patients: list[Token] | None = None
            if frame.object or frame.not_object or frame.intransitive or "object" in frame.needs:
                patients = tree.patients(token)
            if frame.object or frame.not_object:
                assert patients is not None
                words: set[str] = set()
                for patient in patients:
                    words |= self.words_of(patient, tree)
                if frame.object and not words & self._objects[frame.id]:
                    return None
                if frame.not_object and words & self._not_objects[frame.id]:
                    return None
            if frame.intransitive and patients:
                return None
            if "object" in frame.needs and not patients:
                return None
        elif frame.pos == "noun":
            if tree.deps[token.i] in {"compound", "amod", "nmod"}:
                return None
            verb = self._light_verb(frame, token, tree)
            light = verb is not None
        else:
            governor = token.head
            if token.tag_ == "VBN" and tree.kids(token, "auxpass"):
                verb = token
            elif tree.deps[token.i] in {"acomp", "oprd", "attr"} and governor.pos_ in {
                "VERB",
                "AUX",
            }:
                verb = governor
            elif tree.deps[token.i] == "conj":
                verb = tree.clause_verb(token)
            elif tree.deps[token.i] == "ROOT":
                verb = token
            else:
                return None
        for name, allowed in self._preps.get(frame.id, {}).items():
            targets = tree.prepositions(token, name, 2)
            if not targets and verb is not None and verb.i != token.i:
                targets = tree.prepositions(verb, name, 2)
            # 'barred lorries from using the road'
            clauses = (tree.kids(p, "pcomp") for p in tree.kids(token, "prep") if p.lower_ == name)
            if not targets and (allowed or not any(clauses)):
                return None
            if allowed and not any(self.words_of(target, tree) & allowed for target in targets):
                return None
        if frame.predicate and not any(
            {tree.lemma(item), item.lower_} & self._predicates[frame.id]
            for item in tree.predicatives(token)
        ):
            return None
        if frame.complement or frame.complement_verb or "complement" in frame.needs:
            complements = tree.complements(token)
            kinds = {kind for kind, _ in complements}
            if frame.complement_verb and not any(
                tree.lemma(verb_below) in self._complement_verbs[frame.id]
                for _, verb_below in complements
            ):
                return None
            if frame.complement and not kinds.intersection(frame.complement):
                return None
            if not kinds:
                return None
        return Candidate(frame, token, verb, light)

    def _light_verb(self, frame: Frame, noun: Token, tree: Tree) -> Token | None:
        lights = self._lights.get(frame.id)
        if not lights:
            return None
        current = noun
        for _ in range(4):
            dep = tree.deps[current.i]
            head = current.head
            if dep in {"dobj", "nsubjpass", "attr", "oprd"} and head.pos_ in VERBS:
                return head if tree.lemma(head) in lights else None
            if dep == "nsubj" and tree.is_passive(head) and tree.lemma(head) in lights:
                return head
            if dep == "conj":
                current = head
            elif (
                dep == "pobj"
                and head.lower_ == "of"
                and tree.lemma(head.head)
                in {"series", "round", "set", "number", "string", "wave", "kind", "couple", "spate"}
            ):
                current = head.head
            elif (
                dep == "pobj"
                and tree.lemma(head.head) in lights
                and head.lower_ in {"in", "into", "for", "to", "on"}
            ):
                return head.head
            else:
                break
        for child in tree.kids(noun, "acl", "relcl"):
            if tree.lemma(child) in lights:
                return child
        return None

    # -- one word, one reading -------------------------------------------------------

    def _settle(self, found: dict[int, Candidate], tree: Tree) -> None:
        """Let a verb and its own noun be read once, not twice."""
        for index in sorted(found):
            verb = found.get(index)
            if verb is None or verb.frame.pos != "verb" or verb.frame.kind != "relation":
                continue
            for noun in (*tree.agents(verb.head), *tree.patients(verb.head)):
                inner = found.get(noun.i)
                if inner is not None and inner.frame.kind == "relation":
                    del found[noun.i]
        for index in sorted(found):
            candidate = found.get(index)
            if candidate is None or candidate.frame.pos != "noun" or candidate.verb is None:
                continue
            governor = found.get(candidate.verb.i)
            if governor is None or governor.frame.pos != "verb":
                continue
            if (
                governor.frame.object
                and governor.frame.kind == candidate.frame.kind
                and tree.lemma(candidate.head) in self._objects[governor.frame.id]
            ):
                del found[index]
                continue
            del found[candidate.verb.i]
        for index in sorted(found):
            candidate = found.get(index)
            if candidate is None or candidate.frame.pos != "verb" or not candidate.frame.object:
                continue
            if candidate.frame.kind != "event":
                continue
            for patient in tree.patients(candidate.head):
                for noun in tree.conjuncts(patient):
                    for item in (noun, tree.content(noun)):
                        inner = found.get(item.i)
                        if (
                            inner is not None
                            and inner.frame.pos == "noun"
                            and self.words_of(item, tree) & self._objects[candidate.frame.id]
                        ):
                            del found[item.i]
