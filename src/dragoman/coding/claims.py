"""Turn predicates into claims: acts with participants, status, source, time and place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from spacy.tokens import Token

from dragoman.codebook.frames import Frame, FrameTable
from dragoman.codebook.ontology import Ontology
from dragoman.codebook.words import EmbeddingWords, StatusWords
from dragoman.coding.arguments import ABOUT_ACTS, Arguments, unique
from dragoman.coding.attribution import AttributionReader, token_span
from dragoman.coding.circumstances import Circumstances
from dragoman.coding.magnitudes import Numbers, money, people
from dragoman.coding.predicates import Candidate
from dragoman.coding.status import StatusReader, StatusReading
from dragoman.coding.syntax import VERBS, Tree
from dragoman.schema import (
    Actor,
    Attribution,
    EventType,
    Magnitude,
    Mention,
    Place,
    Reason,
    Span,
    Status,
    TimeInterval,
)

#: Types whose frames take over what they govern ('agreed to send', 'rejected talks').
CONTROL = frozenset({EventType.AGREE, EventType.REQUEST, EventType.REJECT, EventType.THREATEN})
#: Acts that hit or help a place: its state is the recipient ('bombed Gori').
_ON_PLACES = frozenset({EventType.ASSAULT, EventType.AID})
_ON_TOWNS = frozenset({"heavy-weapons", "explosives", "aerial", "seize"})
#: Types whose noun objects are what is judged, not told ('condemned the attack').
_JUDGING = frozenset({EventType.SUPPORT, EventType.ACCUSE, EventType.PROTEST})
#: Modes whose object is the actor's own: of a passive without 'by', whose it is acts.
_OWN_FORCES = frozenset({"troops", "weapons", "police", "militia", "withdraw"})
#: Who charge and sentence people, and tell it of themselves.
_ACCUSERS = frozenset({"JUD", "COP"})
_CASUALTY = frozenset({"killed", "injured", "arrested", "missing"})


@dataclass(slots=True)
class Claim:
    """One act as one clause tells it; merged into events later."""

    candidate: Candidate
    frame: Frame
    type: EventType
    mode: str | None
    actors: tuple[Actor, ...]
    recipients: tuple[Actor, ...]
    status: Status
    background: bool
    attribution: Attribution
    when: TimeInterval | None
    where: Place | None
    magnitudes: tuple[Magnitude, ...]
    topics: tuple[Span, ...]
    contexts: dict[str, str]
    mention: Mention
    reasons: list[Reason]
    confidence: float
    anaphoric: bool = False
    #: A definite noun that tells nothing by itself: kept only if it points back to an act.
    mention_only: bool = False
    sentence: int = 0
    #: The CAMEO root when the type model named the act; else the frame's code counts.
    cameo: str | None = None
    linked: list[int] = field(default_factory=list)


def _may_be_place(frame: Frame, actors: Sequence[Actor], recipients: Sequence[Actor]) -> bool:
    """Tell whether a place may stand for the recipient: 'flew to Oslo', 'bombed Gori'."""
    if frame.mode == "visit":
        return bool(actors) and not recipients
    if frame.pos != "verb":
        return False
    if not recipients:
        return frame.type in _ON_PLACES
    # The parser takes a town that is bombed for a person.
    return frame.mode in _ON_TOWNS and all(
        r.rule == "person" and not (r.country or r.sector) for r in recipients
    )


class ClaimBuilder:
    """Build the claims of one parsed document."""

    def __init__(
        self,
        table: FrameTable,
        ontology: Ontology,
        status_words: StatusWords,
        embedding: EmbeddingWords,
    ) -> None:
        self._ontology = ontology
        self._status = StatusReader(status_words, embedding)
        self._attribution = AttributionReader(status_words)
        self._words = status_words
        self._numbers = Numbers.load()
        self._embedding = embedding
        self._event_nouns = frozenset(
            frame.lemma for frame in table.frames if frame.pos == "noun" and frame.kind == "event"
        )

    @property
    def act_nouns(self) -> frozenset[str]:
        """Nouns that name an act; as subjects they stand for who did it."""
        return self._event_nouns

    # -- embedding -------------------------------------------------------------------------

    def absorbed(self, found: dict[int, Candidate], tree: Tree) -> dict[int, list[Candidate]]:
        """Return which candidates a control predicate takes over, by its token index."""
        taken: dict[int, list[Candidate]] = {}
        for index, candidate in found.items():
            frame = candidate.frame
            if frame.kind != "event":
                continue
            inner: list[Candidate] = []
            governs = frame.type in CONTROL or bool(frame.complement)
            if governs and frame.type is not EventType.ACCUSE:
                for _, verb in tree.complements(candidate.head):
                    for item in tree.conjuncts(verb):
                        if item.i in found:
                            inner.append(found[item.i])
                        inner.extend(self._objects_of(item, found, tree))
            if frame.type in CONTROL or frame.type in _JUDGING:
                inner.extend(self._nouns_under(candidate, found, tree))
            inner = [
                c
                for c in inner
                if c.head.i != index and c.frame.kind == "event" and self._charge(c, tree) is None
            ]
            if inner:
                taken[index] = list({c.head.i: c for c in inner}.values())
        return taken

    def _objects_of(self, verb: Token, found: dict[int, Candidate], tree: Tree) -> list[Candidate]:
        if verb.pos_ not in VERBS:
            return []
        return [
            found[noun.i]
            for patient in tree.kids(verb, "dobj", "attr")
            for noun in tree.conjuncts(patient)
            if noun.i in found and found[noun.i].frame.pos == "noun"
        ]

    def _nouns_under(
        self, candidate: Candidate, found: dict[int, Candidate], tree: Tree
    ) -> list[Candidate]:
        heads: list[Token] = []
        if candidate.frame.pos == "verb":
            heads.extend(tree.patients(candidate.head))
        for holder in {candidate.head, candidate.verb or candidate.head}:
            for prep in tree.kids(holder, "prep"):
                if prep.lower_ in {
                    "for",
                    "of",
                    "on",
                    "to",
                    "over",
                    "against",
                    "with",
                    "about",
                    "in",
                }:
                    heads.extend(tree.kids(prep, "pobj"))
        out = []
        for head in heads:
            for noun in tree.conjuncts(head):
                for item in (noun, tree.content(noun)):
                    inner = found.get(item.i)
                    if (
                        inner is not None
                        and inner.frame.pos == "noun"
                        and not (
                            inner.light
                            and inner.verb is not None
                            and inner.verb.i != candidate.head.i
                        )
                    ):
                        out.append(inner)
                for prep in tree.kids(noun, "prep"):
                    if prep.lower_ == "of" and noun.i not in found:
                        out.extend(
                            found[pobj.i]
                            for pobj in tree.kids(prep, "pobj")
                            if pobj.i in found and found[pobj.i].frame.pos == "noun"
                        )
        return out

    def _embedded_actors(
        self, candidate: Candidate, inner: list[Candidate], tree: Tree, arguments: Arguments
    ) -> tuple[Actor, ...]:
        out: list[Actor] = []
        for item in inner:
            if candidate.frame.type in ABOUT_ACTS and arguments.is_done_to(item.head):
                out.extend(arguments.doer(item.head))
                continue
            recipients, _ = arguments.fill(self._recipient_slots(item.frame), item)
            if not recipients and item.frame.symmetric:
                recipients, _ = arguments.fill(("with", "between", "modifier"), item)
            if not recipients and item.frame.pos == "noun":
                recipients, _ = arguments.fill(item.frame.actor_slots, item)
            out.extend(recipients)
        if out:
            return unique(out)
        for _, verb in tree.complements(candidate.head):
            if verb.pos_ not in VERBS:
                continue
            found = arguments.of_or_owner(tree.patients(verb))
            for name in ("with", "to", "against", "on", "from", "for"):
                if found:
                    break
                found = arguments.of_or_owner(tree.prepositions(verb, name, 2))
            out.extend(found)
        return unique(out)

    @staticmethod
    def _recipient_slots(frame: Frame) -> tuple[str, ...]:
        slots = frame.recipient_slots
        if frame.symmetric and "with" not in slots:
            slots = (*slots, "with")
        return slots

    # -- one claim -------------------------------------------------------------------------

    def build(
        self,
        candidate: Candidate,
        inner: list[Candidate],
        tree: Tree,
        arguments: Arguments,
        circumstances: Circumstances,
        sentence: int,
        publisher: str | None,
    ) -> Claim | None:
        """Return the claim of an event candidate, or ``None`` if it asserts no act.

        A reading whose needs are not met gives way to the next one of the same word.
        """
        for reading in (candidate, *candidate.others):
            if reading.frame.kind != "event":
                continue
            claim = self._claim(reading, inner, tree, arguments, circumstances, sentence, publisher)
            if claim is not None:
                return claim
        return None

    def _claim(
        self,
        candidate: Candidate,
        inner: list[Candidate],
        tree: Tree,
        arguments: Arguments,
        circumstances: Circumstances,
        sentence: int,
        publisher: str | None,
    ) -> Claim | None:
        frame = candidate.frame
        assert frame.type is not None
        reading = self._status.read(candidate, tree)
        if reading.blocked:
            return None
        if reading.status is Status.HYPOTHETICAL and candidate.frame.pos == "noun":
            return None
        charge = self._charge(candidate, tree)
        if charge is not None:
            reading.raise_to(Status.ALLEGED, "alleged-verb", charge)
        embedded = self._embedded_actors(candidate, inner, tree, arguments)
        actors, recipients, slots = self._participants(candidate, embedded, tree, arguments)
        if frame.magnitude in _CASUALTY and not actors and self._accident(candidate, tree):
            return None
        if charge is not None and not actors:
            actors = arguments.of_or_owner(tree.patients(charge))
            slots = ("accused", slots[1])
            same = {(a.country, a.sector) for a in actors}
            recipients = tuple(r for r in recipients if (r.country, r.sector) not in same)
        verb = candidate.verb if candidate.verb is not None else tree.clause_verb(candidate.head)
        attribution = self._attribution.read(verb, tree, arguments, publisher)
        if not actors and self._in_first_person(candidate, tree):
            actors, slots = attribution.speakers, ("speaker of the quotation", slots[1])
            if not actors:
                return None
        if not actors and self._told_by_accuser(candidate, attribution, tree):
            actors, slots = attribution.speakers, ("speaker", slots[1])
        anaphoric = False
        grounded = "verb"
        if frame.pos == "noun" and not candidate.light:
            grounded = self._grounding(candidate, tree, actors, recipients, reading)
            if charge is not None and actors:
                grounded = "charged"
            anaphoric = self._points_back(candidate, tree)
            if not grounded and not (anaphoric and self._told(candidate, tree)):
                return None
        if not self._acceptable(frame, actors, recipients, anaphoric, candidate, tree):
            return None
        when, when_rule = circumstances.when(candidate)
        where, where_rule = circumstances.where(candidate)
        magnitudes = self._magnitudes(candidate, tree)
        mode = frame.mode or self._mode_from(frame.type, inner)
        contexts = self._contexts(candidate, tree)
        head_span = token_span(candidate.head)
        reasons = [
            Reason("type", f"frame {frame.id}", head_span),
            Reason(
                "status",
                reading.rule,
                token_span(reading.word) if reading.word is not None else head_span,
            ),
        ]
        if mode is not None:
            rule = f"frame {frame.id}" if frame.mode else "mode of the embedded act"
            reasons.append(Reason("mode", rule, head_span))
        reasons += [Reason("actors", f"{slots[0]}: {a.rule}", a.span) for a in actors]
        reasons += [Reason("recipients", f"{slots[1]}: {a.rule}", a.span) for a in recipients]
        if when is not None:
            reasons.append(Reason("when", f"{when_rule}: {when.rule}", when.span))
        if where is not None:
            reasons.append(Reason("where", f"{where_rule}: {where.rule}", where.span))
        if reading.background:
            reasons.append(Reason("background", reading.background_rule, head_span))
        reasons += [
            Reason("contexts", f"{name}: {key}", head_span) for name, key in contexts.items()
        ]
        reasons += [Reason("magnitudes", m.rule, m.span) for m in magnitudes]
        reasons.append(Reason("attribution", attribution.rule, attribution.span))
        first, last = tree.edges(verb if candidate.verb is not None else candidate.head)
        clause = [t for t in tree.doc[first:last] if not t.is_space]
        return Claim(
            candidate=candidate,
            frame=frame,
            type=frame.type,
            mode=mode,
            actors=actors,
            recipients=recipients,
            status=reading.status,
            background=reading.background,
            attribution=attribution,
            when=when,
            where=where,
            magnitudes=magnitudes,
            topics=circumstances.topics(candidate) if frame.type is EventType.CONSULT else (),
            contexts=contexts,
            mention=Mention(sentence, head_span, token_span(clause[0], clause[-1])),
            reasons=reasons,
            confidence=self._confidence(frame, actors, recipients, reading, grounded),
            anaphoric=anaphoric,
            mention_only=not grounded,
            sentence=sentence,
        )

    def _charge(self, candidate: Candidate, tree: Tree) -> Token | None:
        """Return the verb that lays a noun's act to someone's charge ('blamed X for the raid')."""
        if candidate.frame.pos != "noun" or candidate.light:
            return None
        head = candidate.head
        for _ in range(3):
            if tree.deps[head.i] != "conj":
                break
            head = head.head
        preposition = head.head
        if tree.deps[head.i] != "pobj" or preposition.lower_ not in {"for", "of"}:
            return None
        for verb in (preposition.head, preposition.head.head):
            if verb.pos_ == "VERB" and tree.lemma(verb) in self._embedding.charging:
                return verb if tree.kids(verb, "dobj", "nsubjpass") else None
            if tree.deps[verb.i] != "dobj":
                break
        return None

    @staticmethod
    def _told_by_accuser(candidate: Candidate, attribution: Attribution, tree: Tree) -> bool:
        """Tell whether police or a court say what they did: 'X was charged, prosecutors said'."""
        verb = candidate.verb
        if verb is None or "legal" not in candidate.frame.contexts or not tree.is_passive(verb):
            return False
        speakers = attribution.speakers
        return bool(speakers) and all(s.sector in _ACCUSERS for s in speakers)

    def _accident(self, candidate: Candidate, tree: Tree) -> bool:
        """Tell whether the dead are those of an accident or a natural disaster."""
        if candidate.verb is None:
            return False
        heads = tree.agents(candidate.verb) + [
            noun for name in ("in", "by") for noun in tree.prepositions(candidate.verb, name, 1)
        ]
        return any(tree.lemma(head) in self._embedding.accidents for head in heads)

    def _in_first_person(self, candidate: Candidate, tree: Tree) -> bool:
        return candidate.verb is not None and any(
            subject.lower_ in self._embedding.first_person
            for subject in tree.agents(candidate.verb)
        )

    def _participants(
        self, candidate: Candidate, embedded: tuple[Actor, ...], tree: Tree, arguments: Arguments
    ) -> tuple[tuple[Actor, ...], tuple[Actor, ...], tuple[str, str]]:
        frame = candidate.frame
        actor_slots = frame.actor_slots
        if candidate.light and "subject" not in actor_slots:
            actor_slots = ("subject", *actor_slots)
        recipient_slots = self._recipient_slots(frame)
        if frame.type in CONTROL and embedded and "complement" not in recipient_slots:
            recipient_slots = (*recipient_slots, "complement")
        if frame.type is EventType.REQUEST and any(
            kind == "that" for kind, _ in tree.complements(candidate.head)
        ):
            recipient_slots = ("complement_subject", *recipient_slots)
        if frame.symmetric and frame.pos == "noun":
            peers, peer_slot = arguments.fill(("between", "modifier", "of"), candidate)
            if len(peers) > 1:
                return peers, (), (peer_slot, "")
        actors, actor_slot = arguments.fill(actor_slots, candidate, embedded)
        own_forces = frame.mode in _OWN_FORCES and frame.pos == "verb"
        if not actors and own_forces and tree.is_passive(candidate.head):
            # 'Malian troops were deployed'
            actors, actor_slot = arguments.fill(("object",), candidate, embedded)
        recipients, recipient_slot = arguments.fill(
            recipient_slots, candidate, embedded, exclude=actors
        )
        if frame.symmetric and not recipients and actor_slot != "between":
            recipients, recipient_slot = arguments.fill(
                ("with", "between", "and"), candidate, embedded, exclude=actors
            )
        if _may_be_place(frame, actors, recipients):
            state, slot = self._host(candidate, recipient_slots, arguments)
            if state:
                own, recipient_slot = {a.country for a in actors}, slot
                recipients = tuple(r for r in state if r.country not in own)
                if frame.mode != "visit":  # it hits or helps the place, not its government
                    recipients = tuple(replace(r, sector=None) for r in recipients)
        same = {(a.country, a.sector, a.person, a.organisation) for a in actors}
        recipients = tuple(
            r
            for r in recipients
            if r.country is None or (r.country, r.sector, r.person, r.organisation) not in same
        )
        return actors, recipients, (actor_slot, recipient_slot)

    @staticmethod
    def _host(
        candidate: Candidate, slots: Sequence[str], arguments: Arguments
    ) -> tuple[tuple[Actor, ...], str]:
        """Return the state of a city that stands where a party may ('flew to Oslo')."""
        for name in slots:
            found = arguments.state_of(name, candidate)
            if found:
                return found, name
        return (), ""

    def _acceptable(
        self,
        frame: Frame,
        actors: tuple[Actor, ...],
        recipients: tuple[Actor, ...],
        anaphoric: bool,
        candidate: Candidate,
        tree: Tree,
    ) -> bool:
        if frame.magnitude in _CASUALTY and frame.type is EventType.ASSAULT:
            return True  # may be the toll of an attack that the sentence names; see merging
        if "actor" in frame.needs and not actors and not anaphoric:
            return False
        if "recipient" in frame.needs and not recipients and not anaphoric:
            return False
        known = [a for a in (*actors, *recipients) if a.known_as]
        if "peers" in frame.needs and len({a.country or a.organisation for a in known}) < 2:
            return False
        if known or anaphoric:
            return True
        if frame.type is EventType.RETREAT and any(
            a.sector in self._embedding.local_sectors for a in actors
        ):
            return True
        if frame.type in {EventType.ASSAULT, EventType.PROTEST, EventType.COERCE}:
            return bool(actors or recipients) or frame.magnitude is not None
        return bool(actors and recipients)

    # -- nouns -----------------------------------------------------------------------------

    def _points_back(self, candidate: Candidate, tree: Tree) -> bool:
        for child in tree.kids(candidate.head, "det", "poss"):
            if child.lower_ in self._embedding.anaphoric:
                return True
            if tree.deps[child.i] == "poss" and any(
                inner.lower_ in self._embedding.anaphoric
                for inner in tree.kids(child, "det", "poss")
            ):
                return True
        return False

    @staticmethod
    def _told(candidate: Candidate, tree: Tree) -> bool:
        """Tell whether a definite noun is the theme of its clause or its setting."""
        head = candidate.head
        if tree.deps[head.i] in {"nsubj", "nsubjpass"}:
            return True
        return tree.deps[head.i] == "pobj" and head.head.lower_ in {
            "during", "after", "at", "following", "in", "before", "of"
        }  # fmt: skip

    def _grounding(
        self,
        candidate: Candidate,
        tree: Tree,
        actors: tuple[Actor, ...],
        recipients: tuple[Actor, ...],
        reading: StatusReading,
    ) -> str:
        """Say why a noun's act is told as having happened; empty if it isn't."""
        head = candidate.head
        for _ in range(4):
            if tree.deps[head.i] != "conj":
                break
            head = head.head
        dep, governor = tree.deps[head.i], head.head
        participants = bool(actors) + bool(recipients)
        lemma = tree.lemma(governor)
        while (
            dep == "pobj"
            and tree.lemma(governor) == "of"
            and tree.lemma(governor.head)
            in {"series", "wave", "round", "spate", "string", "day", "week", "number", "month"}
        ):
            head = governor.head
            dep, governor = tree.deps[head.i], head.head
            lemma = tree.lemma(governor)
        if dep in {"nsubj", "nsubjpass"}:
            if lemma in self._embedding.occurrence_subject:
                return "occurrence" if participants else ""
            if lemma in {"plan", "schedule", "expect", "set", "hold"}:
                return "planned" if participants else ""
            if lemma in self._embedding.opaque or lemma in self._words.hypothetical_verbs:
                return ""
            return "subject" if participants == 2 or len(actors) > 1 else ""
        if dep in {"dobj", "attr", "oprd"}:
            if lemma in self._embedding.opaque or lemma in self._words.hypothetical_verbs:
                return ""
            if lemma in self._embedding.occurrence_object:
                return "occurrence" if participants else ""
            return "object" if participants == 2 or len(actors) > 1 else ""
        if dep == "pobj":
            preposition = governor.lower_
            if preposition not in self._embedding.factual_prepositions:
                return ""
            if preposition in {"after", "following", "during", "since", "amid", "despite"}:
                return "presupposed" if participants else ""
            return (
                "presupposed"
                if participants == 2
                or (
                    participants
                    and preposition in {"in", "at", "by"}
                    and governor.head.pos_ in VERBS
                )
                else ""
            )
        if dep == "ROOT":
            return "headline" if participants == 2 else ""
        return ""

    # -- details -----------------------------------------------------------------------------

    def _mode_from(self, kind: EventType, inner: Iterable[Candidate]) -> str | None:
        for item in inner:
            found = item.frame.type
            if kind in {EventType.REQUEST, EventType.REJECT}:
                match found:
                    case EventType.CONSULT:
                        return "meet"
                    case EventType.AID | EventType.COOPERATE | EventType.SUPPORT | EventType.AGREE:
                        return "assist"
                    case EventType.RETREAT | EventType.CONCEDE:
                        return "yield"
                    case _:
                        return "change"
            if kind is EventType.THREATEN:
                match found:
                    case EventType.ASSAULT | EventType.MOBILIZE:
                        return "violence"
                    case EventType.SANCTION:
                        return "expel" if item.frame.mode == "expel" else "relations"
                    case EventType.COERCE if item.frame.mode in {"arrest", "deport"}:
                        return "arrest" if item.frame.mode == "arrest" else "expel"
                    case EventType.COERCE | EventType.PROTEST:
                        return "restrict"
                    case _:
                        return None
        return None

    def _contexts(self, candidate: Candidate, tree: Tree) -> dict[str, str]:
        found = dict.fromkeys(candidate.frame.contexts, f"frame {candidate.frame.id}")
        verb = candidate.verb if candidate.verb is not None else candidate.head
        tokens = sorted(tree.clause_tokens(verb), key=lambda t: t.i)
        for name, key in self._ontology.contexts_of([tree.lemmas[t.i] for t in tokens]).items():
            found.setdefault(name, f"keyword '{key}'")
        return found

    def _magnitudes(self, candidate: Candidate, tree: Tree) -> tuple[Magnitude, ...]:
        frame, out = candidate.frame, []
        if frame.magnitude == "money" or frame.type in {EventType.AID, EventType.AGREE}:
            verb = candidate.verb if candidate.verb is not None else candidate.head
            sum_ = money(tree.clause_tokens(verb), tree, self._numbers)
            if sum_ is not None:
                out.append(sum_)
        kind = "crowd" if frame.type is EventType.PROTEST else frame.magnitude
        if kind in {*_CASUALTY, "crowd"}:
            assert kind is not None
            nouns: list[Token] = []
            if frame.pos == "verb":
                heads = (
                    tree.agents(candidate.head)
                    if kind == "crowd"
                    else tree.patients(candidate.head)
                )
                nouns = [noun for head in heads for noun in tree.conjuncts(head)]
            else:
                for name in ("of",):
                    nouns += [
                        noun
                        for head in tree.prepositions(candidate.head, name, 1)
                        for noun in tree.conjuncts(head)
                    ]
                if kind == "crowd" and candidate.verb is not None:
                    nouns += [n for h in tree.agents(candidate.verb) for n in tree.conjuncts(h)]
            nouns = [n for n in nouns if tree.deps[n.i] != "appos" or n.like_num]
            counted = people(kind, nouns, tree, f"count of frame {frame.id}", self._numbers)
            if counted is not None:
                out.append(counted)
        return tuple(out)

    def _confidence(
        self,
        frame: Frame,
        actors: tuple[Actor, ...],
        recipients: tuple[Actor, ...],
        reading: StatusReading,
        grounded: str,
    ) -> float:
        """Return a rule-based confidence from 0 to 1; not a calibrated probability."""
        value = 0.6 + 0.03 * min(frame.specificity, 5)
        value += 0.08 * bool(actors) + 0.08 * bool(recipients)
        if grounded in {"subject", "object", "headline"}:
            value -= 0.15
        if reading.status is not Status.ACTUAL:
            value -= 0.05
        return round(max(0.05, min(value, 0.95)), 2)
