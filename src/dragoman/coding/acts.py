"""Name the act of each claim: the type model's judgement joined with the codebook's.

The codebook's frame proposes a type at a word; the model judges the whole sentence with
actor, recipient and act marked. The model overrules a frame only where it is sure and
holds the frame's type for nearly impossible; otherwise the frame stays, and the two
together say how sure the event is. Every claim records who decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dragoman.codebook.ontology import Ontology
from dragoman.coding.claims import Claim
from dragoman.schema import Actor, EventType, Reason, Span, Status
from dragoman.typemodel import Query, TypeModel, Verdict
from dragoman.typemodel.examples import NONE

#: The model overrules a frame from this probability on, if the frame's type has less than…
_OVERRULE, _IMPOSSIBLE = 0.95, 0.01
#: …and drops a claim from this probability of 'no act' on.
_SILENCE = 0.98
#: An act at a verb that the codebook lacks is believed from this probability on.
_BELIEVE = 0.80
#: What killed or hurt is guessed only from this probability on, if the frame counts victims.
_WEAPON = 0.9
#: How much less an act without a frame is believed than the model says.
_UNFRAMED = 0.8
#: A mode or a context of the model is taken from these probabilities on.
_MODE, _CONTEXT = 0.6, 0.6


@dataclass(frozen=True, slots=True)
class ActNamer:
    """Join the type model with the frames. Holds the loaded model; made once."""

    model: TypeModel
    ontology: Ontology

    def queries(
        self,
        claims: Sequence[Claim],
        proposals: Sequence[Claim],
        sentences: Sequence[Span],
        text: str,
    ) -> list[Query]:
        """Return what to ask the model; ``name`` takes the verdicts in the same order.

        ``proposals`` are claims at verbs that the codebook lacks. ``sentences`` are the spans
        of the whole text's sentences, which ``claim.sentence`` counts.
        """
        return [query(c, sentences[c.sentence], text) for c in _asked(claims, proposals)]

    def name(
        self,
        claims: Sequence[Claim],
        proposals: Sequence[Claim],
        verdicts: Sequence[Verdict],
        read: AbstractSet[tuple[int, int, str]] = frozenset(),
    ) -> list[Claim]:
        """Return the claims with the types that the two agree on; drop what is no act.

        Proposals are kept only if the model is sure of an act. ``read`` are the sentence,
        the token index and the type of every frame read, those that made no claim included.
        """
        asked = _asked(claims, proposals)
        by_claim = {id(c): v for c, v in zip(asked, verdicts, strict=True)}
        told = {(c.sentence, c.type.value, id(c)) for c in claims}
        out = []
        for claim in claims:
            verdict = by_claim.get(id(claim))
            elsewhere = {
                kind
                for sentence, kind, other in told
                if sentence == claim.sentence and other != id(claim)
            }
            elsewhere |= {
                kind
                for sentence, index, kind in read
                if sentence == claim.sentence and index != claim.candidate.head.i
            }
            if verdict is None or self._join(claim, verdict, elsewhere):
                out.append(claim)
        out += [claim for claim in proposals if self._propose(claim, by_claim[id(claim)])]
        out.sort(key=lambda claim: claim.mention.predicate.start)
        return out

    def _propose(self, claim: Claim, verdict: Verdict) -> bool:
        """Give a claim without a frame the model's type; ``False`` if the model is not sure."""
        best, sure = verdict.type, verdict.types[verdict.type]
        if best == NONE or sure < _BELIEVE:
            return False
        self._retype(claim, EventType(best), verdict, f"{self.model.name} {sure:.2f}; no frame")
        self._details(claim, verdict)
        claim.confidence = round(_UNFRAMED * sure, 4)
        return True

    def _join(self, claim: Claim, verdict: Verdict, elsewhere: AbstractSet[str]) -> bool:
        """Change the claim by the verdict; ``False`` if it is no act.

        ``elsewhere`` are the types that other words of the sentence tell: where the verdict
        is one of them, the model has most likely read that act instead of this one.
        """
        best = verdict.type
        own = verdict.types[claim.type.value]
        if best == NONE:
            if verdict.types[NONE] >= _SILENCE and claim.confidence < 0.9:
                return False
        elif best != claim.type.value:
            sure = verdict.types[best]
            differs = best not in elsewhere and not same_family(best, claim.type.value)
            if sure >= _OVERRULE and own <= _IMPOSSIBLE and differs:
                reason = (
                    f"{self.model.name} {sure:.2f}, over frame {claim.frame.id} "
                    f"({claim.type.value} {own:.2f})"
                )
                self._retype(claim, EventType(best), verdict, reason)
                own = sure
        self._details(claim, verdict)
        claim.confidence = round(0.5 * claim.confidence + 0.5 * own, 4)
        return True

    def _retype(self, claim: Claim, kind: EventType, verdict: Verdict, reason: str) -> None:
        claim.type = kind
        claim.mode = None
        claim.cameo = verdict.cameo(kind.value) or self.ontology.types[kind].cameo_root
        kept = [r for r in claim.reasons if r.field not in {"type", "mode"}]
        claim.reasons = [Reason("type", reason, claim.mention.predicate), *kept]
        if claim.status is Status.DENIED and verdict.status != Status.DENIED.value:
            # 'Does not recognise' was a denied SUPPORT; as a REJECT it is no longer denied.
            claim.status = Status.ACTUAL
            kept = [r for r in claim.reasons if r.field != "status"]
            told = Reason("status", "the type holds the negation", claim.mention.predicate)
            claim.reasons = [*kept, told]

    def _details(self, claim: Claim, verdict: Verdict) -> None:
        """Add the model's mode, if the claim has none, and its contexts."""
        span, name = claim.mention.predicate, self.model.name
        modes = verdict.modes(claim.type.value)
        if claim.mode is None and verdict.type == claim.type.value and modes:
            mode, sure = max(modes.items(), key=lambda item: item[1])
            bar = _MODE if claim.frame.magnitude is None else _WEAPON
            if sure >= bar:
                claim.mode = mode
                claim.reasons.append(Reason("mode", f"{name} {sure:.2f}", span))
        for context, sure in verdict.contexts.items():
            if sure >= _CONTEXT and context not in claim.contexts:
                claim.contexts[context] = f"{name} {sure:.2f}"
                claim.reasons.append(Reason("contexts", f"{context}: {name} {sure:.2f}", span))


def _asked(claims: Sequence[Claim], proposals: Sequence[Claim]) -> list[Claim]:
    """Return the claims that the model is asked about."""
    return [*(c for c in claims if not c.mention_only and not c.anaphoric), *proposals]


def same_family(first: str, second: str) -> bool:
    """Tell whether two types differ only by word or deed, which the parse tells better."""
    return {first, second} in (
        {"CONCEDE", "RETREAT"},
        {"AGREE", "AID"},
        {"AGREE", "COOPERATE"},
        {"AGREE", "CONSULT"},
        {"AGREE", "SUPPORT"},
    )


def query(claim: Claim, sentence: Span, text: str) -> Query:
    """Return the model's question about a claim; actors outside the sentence stay unmarked."""
    return Query(
        text[sentence.start : sentence.end],
        _inside(claim.actors, sentence),
        _inside(claim.recipients, sentence),
        _shift(claim.mention.predicate, sentence),
    )


def _inside(actors: Sequence[Actor], sentence: Span) -> Span | None:
    for actor in actors:
        span = _shift(actor.span, sentence)
        if span is not None:
            return span
    return None


def _shift(span: Span, sentence: Span) -> Span | None:
    if span.start < sentence.start or span.end > sentence.end:
        return None
    return Span(span.start - sentence.start, span.end - sentence.start)
