"""What a report says that is no happening: statements with stance, standing relations."""

from __future__ import annotations

from collections.abc import Mapping

from spacy.tokens import Token

from dragoman.coding.arguments import Arguments, unique
from dragoman.coding.attribution import AttributionReader, token_span
from dragoman.coding.predicates import Candidate
from dragoman.coding.syntax import Tree
from dragoman.schema import Actor, Mention, Reason, Relation, Span, Statement


def _mention(candidate: Candidate, tree: Tree, sentence: int) -> Mention:
    verb = candidate.verb if candidate.verb is not None else candidate.head
    first, last = tree.edges(verb)
    clause = [token for token in tree.doc[first:last] if not token.is_space]
    return Mention(sentence, token_span(candidate.head), token_span(clause[0], clause[-1]))


class StandingBuilder:
    """Build statements and relations from candidates of those kinds."""

    def __init__(
        self, attribution: AttributionReader, sectors: Mapping[str, frozenset[str]]
    ) -> None:
        self._attribution = attribution
        self._sectors = sectors

    def statement(
        self,
        candidate: Candidate,
        tree: Tree,
        arguments: Arguments,
        sentence: int,
        publisher: str | None,
        number: int,
        document_id: str,
    ) -> Statement | None:
        """Return the statement of a candidate, or ``None`` without a speaker."""
        frame = candidate.frame
        assert frame.stance is not None
        if any(tree.kids(h, "neg") for h in (candidate.head, candidate.verb or candidate.head)):
            return None
        slots = frame.actor_slots
        if candidate.light and "subject" not in slots:
            slots = ("subject", *slots)
        speakers, slot = arguments.fill(slots, candidate)
        if not speakers:
            return None
        about, topic = self._about(candidate, tree, arguments, speakers)
        span = token_span(candidate.head)
        verb = candidate.verb if candidate.verb is not None else tree.clause_verb(candidate.head)
        attribution = self._attribution.read(verb, tree, arguments, publisher)
        return Statement(
            id=f"{document_id}-s{number:03d}",
            stance=frame.stance,
            speakers=speakers,
            about=about,
            mention=_mention(candidate, tree, sentence),
            attribution=attribution,
            topic=topic,
            confidence=0.7,
            reasons=(
                Reason("stance", f"frame {frame.id}", span),
                *(Reason("speakers", f"{slot}: {a.rule}", a.span) for a in speakers),
                *(Reason("about", a.rule, a.span) for a in about),
                Reason("attribution", attribution.rule, attribution.span),
            ),
        )

    def _about(
        self,
        candidate: Candidate,
        tree: Tree,
        arguments: Arguments,
        speakers: tuple[Actor, ...],
    ) -> tuple[tuple[Actor, ...], Span | None]:
        frame = candidate.frame
        taken = {speaker.span for speaker in speakers}
        holders = [candidate.head]
        if candidate.verb is not None and candidate.verb.i != candidate.head.i:
            holders.append(candidate.verb)
        contents: list[Token] = []
        for holder in holders:
            contents += [verb for _, verb in tree.complements(holder)]
            contents += [
                t
                for t in tree.kids(holder, "dobj", "ccomp", "attr", "acl", "relcl")
                if t.i != candidate.head.i
            ]
            for prep in tree.kids(holder, "prep"):
                contents += tree.kids(prep, "pobj", "pcomp")
        if frame.about is not None:
            found, _ = arguments.fill(frame.about, candidate, exclude=speakers)
            if found:
                return found, self._topic(contents, tree)
        out: list[Actor] = []
        for content in contents:
            out.extend(a for a in arguments.within(tree.subtree(content)) if a.span not in taken)
        return unique(out), self._topic(contents, tree)

    @staticmethod
    def _topic(contents: list[Token], tree: Tree) -> Span | None:
        if not contents:
            return None
        first, last = tree.edges(contents[0])
        words = [token for token in tree.doc[first:last] if not token.is_space]
        while len(words) > 1 and words[-1].is_punct:
            words.pop()
        return token_span(words[0], words[-1])

    def relation(
        self,
        candidate: Candidate,
        tree: Tree,
        arguments: Arguments,
        sentence: int,
        publisher: str | None,
        number: int,
        document_id: str,
    ) -> Relation | None:
        """Return the relation of a candidate, or ``None`` if its ends are not two actors."""
        frame = candidate.frame
        assert frame.label is not None
        sides: tuple[Actor, ...] = ()
        source: tuple[Actor, ...] = ()
        target: tuple[Actor, ...] = ()
        used = ""
        if frame.symmetric:
            declared = tuple((name,) for name in (frame.source or ()))
            for slots in declared or (("between",), ("modifier",), ("possessive",), ("of",)):
                sides, used = arguments.fill(slots, candidate)
                if sides:
                    break
            if len(sides) < 2:
                more, other = arguments.fill(
                    (
                        *(frame.target or frame.recipient or ()),
                        *(name for name in (frame.source or ()) if name != used),
                        "with",
                        "to",
                        "against",
                    ),
                    candidate,
                    exclude=sides,
                )
                sides, used = unique((*sides, *more)), f"{used}+{other}"
            if len({(a.country, a.organisation, a.person) for a in sides}) < 2:
                return None
        else:
            source, first = arguments.fill(
                frame.source or frame.actor or frame.actor_slots, candidate
            )
            target, second = arguments.fill(
                frame.target or frame.recipient or frame.recipient_slots, candidate, exclude=source
            )
            used = f"{first}+{second}"
            if not source or not target:
                return None
        because: tuple[Actor, ...] = ()
        if frame.because_of:
            because, _ = arguments.fill(
                frame.because_of, candidate, exclude=(*sides, *source, *target)
            )
        if not because and not frame.symmetric and target:
            because = self._because(candidate, tree, arguments, (*source, *target))
        span = token_span(candidate.head)
        verb = candidate.verb if candidate.verb is not None else tree.clause_verb(candidate.head)
        attribution = self._attribution.read(verb, tree, arguments, publisher)
        ends = (*sides, *source, *target)
        return Relation(
            id=f"{document_id}-r{number:03d}",
            label=frame.label,
            mention=_mention(candidate, tree, sentence),
            sides=sides,
            source=source,
            target=target,
            because_of=because,
            sector=frame.sector or self._sector(candidate, tree),
            attribution=attribution,
            confidence=0.7,
            reasons=(
                Reason("label", f"frame {frame.id}", span),
                *(Reason("ends", f"{used}: {a.rule}", a.span) for a in ends),
                *(Reason("because_of", a.rule, a.span) for a in because),
                Reason("attribution", attribution.rule, attribution.span),
            ),
        )

    @staticmethod
    def _because(
        candidate: Candidate, tree: Tree, arguments: Arguments, ends: tuple[Actor, ...]
    ) -> tuple[Actor, ...]:
        taken = {(a.country, a.organisation, a.person) for a in ends}
        for prep in tree.kids(candidate.head, "prep"):
            for noun in tree.kids(prep, "pobj"):
                found = tuple(
                    a
                    for name in ("with", "to", "over", "because")
                    for head in tree.prepositions(noun, name, 1)
                    for a in arguments.of(head)
                    if (a.country, a.organisation, a.person) not in taken
                )
                if found:
                    return unique(found)
        return ()

    def _sector(self, candidate: Candidate, tree: Tree) -> str | None:
        for child in tree.subtree(candidate.head):
            if tree.deps[child.i] in {"compound", "amod", "nmod", "pobj", "conj"} or (
                child.i == candidate.head.i
            ):
                for sector, words in self._sectors.items():
                    if child.lower_ in words or tree.lemma(child) in words:
                        return sector
        return None
