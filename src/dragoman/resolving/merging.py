"""Two mentions of one happening in a report come out as one event with two mentions.

Merging works on the claims of one document, in text order. It is careful: claims
are one happening only if type, status and participants agree and neither time nor
place speaks against it, and if something shows that they are the same (a definite
noun that points back, the same meeting told again, casualties of the same attack).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Token

from dragoman.coding.claims import Claim
from dragoman.coding.syntax import Tree
from dragoman.schema import (
    Actor,
    EventType,
    Magnitude,
    Mention,
    Place,
    PlacePrecision,
    TimeInterval,
)

_CASUALTY = frozenset({"killed", "injured", "missing"})
_LINKS = frozenset(
    {
        "advcl",
        "acl",
        "relcl",
        "conj",
        "ccomp",
        "dep",
        "prep",
        "pobj",
        "pcomp",
        "agent",
        "nsubj",
        "nsubjpass",
        "dobj",
        "xcomp",
    }
)


def _sides(actors: Sequence[Actor]) -> frozenset[str]:
    return frozenset(a.known_as or "" for a in actors) - {""}


def _times_agree(first: TimeInterval | None, second: TimeInterval | None) -> bool:
    if first is None or second is None:
        return True
    if first.start is not None and second.end is not None and second.end < first.start:
        return False
    return not (first.end is not None and second.start is not None and second.start > first.end)


def _places_agree(first: Place | None, second: Place | None) -> bool:
    if first is None or second is None or first.name == second.name:
        return True
    if first.country is not None and first.country == second.country:
        broad = {PlacePrecision.COUNTRY, PlacePrecision.ADMIN1, PlacePrecision.REGION}
        return first.precision in broad or second.precision in broad
    return False


def _narrower(first: TimeInterval | None, second: TimeInterval | None) -> TimeInterval | None:
    if first is None or second is None:
        return first or second
    lengths = [
        (t.end - t.start).days if t.start is not None and t.end is not None else 10**6
        for t in (first, second)
    ]
    return first if lengths[0] <= lengths[1] else second


_PLACE_RANK = {
    PlacePrecision.SITE: 0,
    PlacePrecision.CITY: 1,
    PlacePrecision.ADMIN1: 2,
    PlacePrecision.REGION: 3,
    PlacePrecision.COUNTRY: 4,
}


def _finer(first: Place | None, second: Place | None) -> Place | None:
    if first is None or second is None:
        return first or second
    return first if _PLACE_RANK[first.precision] <= _PLACE_RANK[second.precision] else second


def _more(first: tuple[Actor, ...], second: tuple[Actor, ...]) -> tuple[Actor, ...]:
    known = _sides(first)
    people = {a.person for a in first if a.person}
    extra = tuple(
        a
        for a in second
        if (key := a.known_as or "") and key not in known and not (a.person and a.person in people)
    )
    return (*first, *extra) if first else second


def _magnitudes(
    first: tuple[Magnitude, ...], second: tuple[Magnitude, ...]
) -> tuple[Magnitude, ...]:
    kinds = {m.kind for m in first}
    return (*first, *(m for m in second if m.kind not in kinds))


def _join(into: Claim, other: Claim, *, participants: bool) -> None:
    """Fold ``other`` into ``into``; values already there stay."""
    if participants:
        into.actors = _more(into.actors, other.actors)
        taken = _sides(into.actors) if into.frame.symmetric else frozenset()
        into.recipients = tuple(
            a
            for a in _more(into.recipients, other.recipients)
            if not taken or (a.known_as or "") not in taken or a in into.recipients
        )
    into.when = _narrower(into.when, other.when)
    into.where = _finer(into.where, other.where)
    into.magnitudes = _magnitudes(into.magnitudes, other.magnitudes)
    into.topics = tuple(dict.fromkeys((*into.topics, *other.topics)))
    into.contexts = {**other.contexts, **into.contexts}
    into.mode = into.mode or other.mode
    into.linked.append(other.candidate.head.i)
    into.reasons += [
        replace(reason, rule=f"merged mention: {reason.rule}")
        for reason in other.reasons
        if reason.field != "attribution"
    ]


class Merger:
    """Merge the claims of one document."""

    def merge(self, claims: list[Claim], tree: Tree) -> list[tuple[Claim, list[Mention]]]:
        """Return each happening's claim with all its mentions, in text order."""
        claims = sorted(claims, key=lambda c: c.candidate.head.i)
        self._fold_casualties(claims, tree)
        self._fold_participles(claims, tree)
        kept: list[tuple[Claim, list[Mention]]] = []
        for claim in claims:
            target = self._antecedent(claim, kept, tree)
            if target is None:
                if claim.mention_only or (claim.anaphoric and not self._stands_alone(claim)):
                    continue
                if claim.frame.magnitude in _CASUALTY and not (claim.actors or claim.recipients):
                    continue
                kept.append((claim, [claim.mention]))
            else:
                _join(target[0], claim, participants=not claim.anaphoric)
                target[1].append(claim.mention)
        return kept

    # -- casualties of one attack ------------------------------------------------------------

    def _fold_casualties(self, claims: list[Claim], tree: Tree) -> None:
        """Join, within a sentence, violence that one clause tells as parts of another."""
        by_sentence: dict[int, list[Claim]] = {}
        for claim in claims:
            if claim.type is EventType.ASSAULT:
                by_sentence.setdefault(claim.sentence, []).append(claim)
        for group in by_sentence.values():
            for claim in list(group):
                if claim not in group:
                    continue
                for other in list(group):
                    if other is claim or other not in group or claim not in group:
                        continue
                    verb = other.candidate.verb
                    toll = (  # '…, killing three': whose subject is the attack, not the speaker
                        verb is not None
                        and verb.tag_ == "VBG"
                        and tree.deps[verb.i] == "advcl"
                        and claim.candidate.head.i < verb.i
                    )
                    if other.frame.magnitude not in _CASUALTY:
                        continue
                    if other.status is not claim.status and not toll:
                        continue
                    if not self._linked(claim, other, tree):
                        continue
                    if toll:
                        other.actors = ()
                    if not self._compatible(claim, other):
                        continue
                    _join(claim, other, participants=True)
                    if claim.frame.magnitude in _CASUALTY and claim.mode is None:
                        claim.mode = other.mode
                    group.remove(other)
                    claims.remove(other)

    @staticmethod
    def _fold_participles(claims: list[Claim], tree: Tree) -> None:
        """Join a participle or aim of the same type to its main clause ('met …, discussing …')."""
        by_verb = {c.candidate.verb.i: c for c in claims if c.candidate.verb is not None}
        for claim in list(claims):
            verb = claim.candidate.verb
            if verb is None or tree.deps[verb.i] not in {"advcl", "xcomp", "acl"}:
                continue
            main = by_verb.get(verb.head.i)
            if main is None or main is claim or main.type is not claim.type:
                continue
            if main.type is not EventType.CONSULT or main.status is not claim.status:
                continue
            _join(main, claim, participants=True)
            claims.remove(claim)

    @staticmethod
    def _linked(first: Claim, second: Claim, tree: Tree) -> bool:
        def chain(token: Token) -> list[int]:
            out = [token.i]
            while token.head.i != token.i and tree.deps[token.i] in _LINKS and len(out) < 8:
                token = token.head
                out.append(token.i)
            return out

        one, two = chain(first.candidate.head), chain(second.candidate.head)
        return (
            second.candidate.head.i in one
            or first.candidate.head.i in two
            or bool(set(one) & set(two))
        )

    @staticmethod
    def _compatible(first: Claim, second: Claim) -> bool:
        for one, two in ((first.actors, second.actors), (first.recipients, second.recipients)):
            left, right = _sides(one), _sides(two)
            if left and right and not left & right:
                return False
        return _times_agree(first.when, second.when) and _places_agree(first.where, second.where)

    # -- the same happening told again ---------------------------------------------------------

    @staticmethod
    def _stands_alone(claim: Claim) -> bool:
        return (bool(_sides(claim.actors)) and bool(_sides(claim.recipients))) or (
            len(_sides(claim.actors)) > 1
        )

    def _antecedent(
        self, claim: Claim, kept: list[tuple[Claim, list[Mention]]], tree: Tree
    ) -> tuple[Claim, list[Mention]] | None:
        mine = _sides((*claim.actors, *claim.recipients))
        for earlier in reversed(kept):
            other = earlier[0]
            if other.type is not claim.type or other.background != claim.background:
                continue
            if not (
                _times_agree(other.when, claim.when) and _places_agree(other.where, claim.where)
            ):
                continue
            theirs = _sides((*other.actors, *other.recipients))
            if claim.anaphoric:
                if not mine or mine <= theirs:
                    return earlier
                continue
            if claim.background or other.status is not claim.status:
                continue
            if claim.type is EventType.CONSULT:
                if mine and mine == theirs and self._same_meeting(claim, other):
                    return earlier
            elif claim.type is EventType.ASSAULT:
                if self._same_attack(claim, other, mine, theirs):
                    return earlier
            elif (
                mine == theirs
                and len(mine) > 1
                and _sides(claim.actors) == _sides(other.actors)
                and claim.frame.lemma == other.frame.lemma
                and (claim.when is None or other.when is None or claim.when.text == other.when.text)
                and claim.type not in {EventType.ACCUSE, EventType.REQUEST, EventType.COOPERATE}
            ):
                return earlier
        return None

    @staticmethod
    def _same_meeting(claim: Claim, other: Claim) -> bool:
        """Tell whether two meetings of the same sides may be one.

        They are two if they have no person in common, if the second is told as a further
        one ('also met'), or if a side sends another branch (ministers, then lawmakers).
        """
        first = {a.person for a in (*claim.actors, *claim.recipients) if a.person}
        second = {a.person for a in (*other.actors, *other.recipients) if a.person}
        if first and second and not first & second:
            return False
        verb = claim.candidate.verb
        if verb is not None and any(child.lower_ == "also" for child in verb.children):
            return False
        branches = {(a.country, a.sector) for a in (*other.actors, *other.recipients)}
        known = {country for country, sector in branches if sector}
        if any(
            a.sector and a.country in known and (a.country, a.sector) not in branches
            for a in (*claim.actors, *claim.recipients)
        ):
            return False
        return (
            claim.mode == other.mode
            or claim.mode is None
            or other.mode is None
            or claim.sentence - other.sentence <= 2
        )

    @staticmethod
    def _same_attack(
        claim: Claim, other: Claim, mine: frozenset[str], theirs: frozenset[str]
    ) -> bool:
        if claim.frame.magnitude not in _CASUALTY and claim.frame.lemma != other.frame.lemma:
            return False
        if mine != theirs or not mine:
            return False
        numbers = {m.kind: m.low for m in other.magnitudes}
        return all(numbers.get(m.kind, m.low) == m.low for m in claim.magnitudes)
