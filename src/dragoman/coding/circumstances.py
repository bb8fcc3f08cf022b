"""When, where and about what: attach time and place words to the act they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spacy.tokens import Token

from dragoman.codebook.words import EmbeddingWords
from dragoman.coding.attribution import token_span
from dragoman.coding.predicates import Candidate
from dragoman.coding.syntax import TIMES, VERBS, Tree
from dragoman.resolving.places import PlaceMention
from dragoman.resolving.times import TimeMention
from dragoman.schema import EventType, Place, PlacePrecision, Precision, Span, TimeInterval

_PLACE_PREPOSITIONS = frozenset(
    [
        "in",
        "at",
        "near",
        "outside",
        "inside",
        "off",
        "across",
        "around",
        "along",
        "over",
        "throughout",
        "from",
        "to",
        "into",
        "on",
        "within",
        "beyond",
        "south",
        "north",
        "east",
        "west",
        "of",
    ]
)
#: What a place's own name follows after 'of'.
_SETTLEMENTS = frozenset(
    {"city", "town", "village", "port", "province", "region", "island", "state", "district",
     "suburb", "capital", "camp", "base", "valley", "peninsula", "enclave", "governorate"}
)  # fmt: skip
#: Types whose object may be the place where they happen.
_HITTING = frozenset({EventType.ASSAULT, EventType.COERCE})
#: How many words from the object's head its place may stand.
_NEAR = 8
#: Labels of clauses that take place where the clause above them does.
_SAME_PLACE = frozenset({"conj", "xcomp", "dobj", "pobj", "prep", "advcl"})
_RANK = {
    PlacePrecision.SITE: 0,
    PlacePrecision.CITY: 1,
    PlacePrecision.ADMIN1: 2,
    PlacePrecision.REGION: 3,
    PlacePrecision.COUNTRY: 4,
}


@dataclass(frozen=True, slots=True)
class _Anchored:
    chain: tuple[int, ...]
    preposition: str


class Circumstances:
    """Times and places of one document, each with the words that it hangs on."""

    def __init__(
        self,
        tree: Tree,
        times: Sequence[TimeMention],
        places: Sequence[PlaceMention],
        heads: frozenset[int],
        words: EmbeddingWords,
    ) -> None:
        self._tree = tree
        self._heads = heads
        self._words = words
        self._times = [(m, self._anchor(m.first, m.last)) for m in times if m.adjunct]
        self._places = [(m, self._anchor(m.first, m.last)) for m in places]

    def _anchor(self, first: int, last: int) -> _Anchored:
        doc, tree = self._tree.doc, self._tree
        root = doc[first]
        for index in range(first, last):
            token = doc[index]
            if not first <= token.head.i < last or token.head.i == token.i:
                root = token
                break
        chain: list[int] = []
        preposition = ""
        if doc[first].pos_ == "ADP":
            preposition = doc[first].lower_
        elif first > 0 and doc[first - 1].lower_ in {"the"} and first > 1:
            preposition = doc[first - 2].lower_ if doc[first - 2].pos_ in {"ADP", "SCONJ"} else ""
        current = root
        for _ in range(20):
            head = current.head
            if head.i == current.i:
                break
            if head.pos_ == "ADP" and not preposition:
                preposition = head.lower_
            if preposition == "of" and head.lower_ in _SETTLEMENTS:
                preposition = ""  # 'in the village of X': what counts is 'in'
            chain.append(head.i)
            if head.pos_ in VERBS and tree.deps[head.i] not in {"aux", "auxpass", "amod"}:
                break
            if head.i in self._heads and head.pos_ in {"NOUN", "PROPN"}:
                break
            current = head
        return _Anchored(tuple(chain), preposition)

    # -- time ------------------------------------------------------------------------------

    def when(self, candidate: Candidate) -> tuple[TimeInterval | None, str]:
        """Return the interval of an act and the rule that attached it."""
        verbs = self._verbs(candidate)
        own = self._time_at([candidate.head.i])
        if own is not None:
            return own, "attached"
        if candidate.verb is not None:
            own = self._time_at([candidate.verb.i])
            if own is not None:
                return own, "attached"
        for verb in verbs:
            found = self._time_at([verb.i])
            if found is not None:
                return found, "shared-clause"
        tree = self._tree
        if candidate.verb is not None and tree.deps[candidate.verb.i] == "advcl":
            marks = {m.lower_ for m in tree.kids(candidate.verb, "mark", "advmod", "prep")}
            main = self._time_at([candidate.verb.head.i])
            shared = marks & {"when", "as", "while"}
            if main is not None and (
                shared or (marks & {"after", "once"} and main.precision is not Precision.DAY)
            ):
                return main, "period-of-main-clause"
        return None, ""

    def _verbs(self, candidate: Candidate) -> list[Token]:
        """Return the verbs whose time an act shares: coordination, participles, control."""
        tree, out = self._tree, []
        current = candidate.verb
        for _ in range(4):
            if current is None:
                break
            dep, head = tree.deps[current.i], current.head
            if head.i == current.i:
                break
            controlled = dep == "xcomp" and tree.lemma(head) in self._words.time_sharing
            participle = (
                dep == "advcl" and current.tag_ in {"VBG", "VBN"} and not tree.kids(current, "mark")
            )
            if dep == "conj" and not tree.kids(current, "nsubj", "nsubjpass"):
                head = tree.coordinated_with(current)
                out.append(head)
            elif controlled or participle:
                out.append(head)
            elif dep == "acl" and head.i in self._heads:
                out.append(head)
                break
            else:
                break
            current = head
        return out

    def _time_at(self, heads: Sequence[int]) -> TimeInterval | None:
        best: tuple[int, int, TimeInterval] | None = None
        for mention, anchored in self._times:
            for head in heads:
                if head in anchored.chain:
                    rank = (anchored.chain.index(head), mention.first)
                    if best is None or rank < best[:2]:
                        best = (*rank, mention.interval)
        return best[2] if best is not None else None

    # -- place -----------------------------------------------------------------------------

    def where(self, candidate: Candidate) -> tuple[Place | None, str]:
        """Return the most specific place of an act and the rule that attached it."""
        heads = [candidate.head.i]
        if candidate.verb is not None and candidate.verb.i != candidate.head.i:
            heads.append(candidate.verb.i)
        found = self._place_at(heads)
        if found is not None:
            return found, "attached"
        found = self._place_hit(candidate)
        if found is not None:
            return found, "what the act hit"
        sites = self._sites(candidate)
        if sites is not None:
            return sites, "named-site"
        for verb in self._verbs(candidate):
            found = self._place_at([verb.i])
            if found is not None:
                return found, "shared-clause"
        found = self._place_of_where(candidate)
        if found is not None:
            return found, "antecedent of 'where'"
        return None, ""

    def _place_hit(self, candidate: Candidate) -> Place | None:
        """Return the town or site that an attack takes: 'captured the city of Goma'."""
        if candidate.frame.pos != "verb" or candidate.frame.type not in _HITTING:
            return None
        tree = self._tree
        for patient in tree.patients(candidate.head):
            inside = {t.i for t in tree.subtree(patient) if abs(t.i - patient.i) <= _NEAR}
            for mention, _ in self._places:
                if mention.first in inside and _RANK[mention.place.precision] <= 1:
                    return mention.place
        return None

    def _place_of_where(self, candidate: Candidate) -> Place | None:
        """Return the place that 'where' stands for in 'flew to Rome, where he met …'."""
        tree = self._tree
        current = candidate.verb if candidate.verb is not None else candidate.head
        for _ in range(6):
            opening = [t for t in tree.kids(current, "advmod") if t.lower_ == "where"]
            if opening:
                return self._place_before(opening[0])
            if current.head.i == current.i or tree.deps[current.i] not in _SAME_PLACE:
                return None
            current = current.head
        return None

    def _place_before(self, where: Token) -> Place | None:
        """Return the most specific of the places that end right before 'where'."""
        best: tuple[int, int, Place] | None = None
        limit = max(where.sent.start, where.i - 12)
        end = where.i
        for mention, _ in reversed(self._places):
            if mention.last > end or mention.first < limit:
                continue
            between = self._tree.doc[mention.last : end]
            if any(t.pos_ not in {"PUNCT", "ADP", "DET", "PROPN"} for t in between):
                break
            rank = (_RANK[mention.place.precision], mention.first)
            if best is None or rank < best[:2]:
                best = (*rank, mention.place)
            end = mention.first
        return best[2] if best is not None else None

    def _place_at(self, heads: Sequence[int]) -> Place | None:
        best: tuple[int, int, Place] | None = None
        for mention, anchored in self._places:
            if not mention.locative:
                continue
            if anchored.preposition not in _PLACE_PREPOSITIONS or anchored.preposition == "of":
                continue
            if anchored.preposition in {"from", "to", "on", "into"} and (
                mention.place.precision is PlacePrecision.COUNTRY
            ):
                continue
            if any(head in anchored.chain for head in heads):
                rank = (_RANK[mention.place.precision], mention.first)
                if best is None or rank < best[:2]:
                    best = (*rank, mention.place)
        return best[2] if best is not None else None

    def _sites(self, candidate: Candidate) -> Place | None:
        if candidate.verb is None:
            return None
        indices = {token.i for token in self._tree.clause_tokens(candidate.verb)}
        for mention, _ in self._places:
            if mention.place.precision is PlacePrecision.SITE and mention.first in indices:
                return mention.place
        return None

    # -- topic -----------------------------------------------------------------------------

    def topics(self, candidate: Candidate) -> tuple[Span, ...]:
        """Return what a meeting was about, one span for each coordinated topic."""
        tree = self._tree
        verb = candidate.verb
        holders = [candidate.head] if verb is None else [candidate.head, verb]
        nouns: list[Token] = []
        for holder in holders:
            for child in tree.children[holder.i]:
                if child.pos_ == "VERB" and tree.lemma(child) in self._words.topic_verbs:
                    nouns.extend(tree.kids(child, "dobj"))
            for name in self._words.topic_prepositions:
                nouns.extend(tree.prepositions(holder, name, 1))
        out: dict[Span, None] = {}
        for noun in nouns:
            for item in tree.conjuncts(noun):
                if item.ent_type_ in TIMES:
                    continue
                own = [t for t in tree.subtree(item) if not self._belongs_to_conjunct(t, item)]
                first, last = min(own, key=lambda t: t.i), max(own, key=lambda t: t.i)
                out[token_span(first, last)] = None
        return tuple(out)

    def _belongs_to_conjunct(self, token: Token, noun: Token) -> bool:
        tree, current = self._tree, token
        while current.i != noun.i:
            if current.head.i == noun.i:
                return tree.deps[current.i] in {"conj", "cc", "punct", "relcl"}
            current = current.head
        return False
