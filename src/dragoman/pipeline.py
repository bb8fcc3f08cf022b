"""The whole way of a document: read, parse, code, resolve.

``Coder`` holds what is loaded once (parser, codebook, actor tables, gazetteer) and
turns documents into reports.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

import dragoman
from dragoman.codebook.frames import load_frames
from dragoman.codebook.ontology import load_ontology
from dragoman.codebook.words import load_embedding, load_status
from dragoman.coding.acts import ActNamer
from dragoman.coding.arguments import Arguments
from dragoman.coding.attribution import AttributionReader
from dragoman.coding.circumstances import Circumstances
from dragoman.coding.claims import Claim, ClaimBuilder
from dragoman.coding.predicates import Candidate, PredicateFinder
from dragoman.coding.standing import StandingBuilder
from dragoman.coding.syntax import Tree, repair
from dragoman.ingest import document_from_text
from dragoman.reading import read
from dragoman.reading.parse import Parser
from dragoman.reading.prefilter import load_prefilter
from dragoman.resolving.actors import ActorResolver, ActorTables, DocumentActors
from dragoman.resolving.merging import Merger
from dragoman.resolving.places import Gazetteer, PlaceResolver
from dragoman.resolving.times import TimeResolver
from dragoman.schema import (
    Actor,
    Document,
    Event,
    EventType,
    Mention,
    Place,
    Precision,
    Reading,
    Reason,
    Rejected,
    Relation,
    Report,
    Span,
    Statement,
    Status,
    TimeInterval,
)
from dragoman.typemodel import TypeModel, Verdict

#: Acts that need the participants in one spot, so that a dateline tells where.
_TOGETHER = frozenset({EventType.CONSULT, EventType.AGREE, EventType.COOPERATE, EventType.AID})
#: A country (ISO alpha-3) that actors without one belong to, and how that is known.
Home = tuple[str, str]
#: Acts of people at home: who is named without a country belongs to the place.
_LOCAL = frozenset({EventType.PROTEST, EventType.COERCE, EventType.ASSAULT, EventType.MOBILIZE})
#: How many body sentences count as the lead, whose undated acts are the day's news.
_LEAD = 2
#: How many reports may wait for the type model while later ones are parsed and read.
_AHEAD = 8


def _between_known(claim: Claim) -> bool:
    """Tell whether a claim goes from one known party to another one, maybe of the same state."""
    actors, recipients = (
        {(a.country or a.organisation, a.sector) for a in side if a.country or a.organisation}
        for side in (claim.actors, claim.recipients)
    )
    return bool(actors) and bool(recipients - actors)


def _as_told(actors: tuple[Actor, ...], people: DocumentActors) -> tuple[Actor, ...]:
    """Give actors of whom nothing is known the country that the report tells for them."""
    return tuple(
        replace(actor, country=country, rule=f"{actor.rule}; country by the report")
        if not actor.known_as and (country := people.country_by_report(actor)) is not None
        else actor
        for actor in actors
    )


def _nobody_known(claim: Claim) -> bool:
    """Tell whether those who take part are persons of whom nothing is known but the name."""
    parties = (*claim.actors, *claim.recipients)
    return bool(parties) and not any(a.country or a.organisation or a.sector for a in parties)


@dataclass(slots=True)
class _Draft:
    """One parse that is read by the rules; its claims wait for the type model's verdicts.

    ``first_sentence`` is the number of its first sentence in the whole report; ``home`` is
    the country that it is about, and how that is known. ``read`` are the sentence, the
    token index and the type of every frame read.
    """

    tree: Tree
    claims: list[Claim]
    proposals: list[Claim]
    verdicts: Future[list[Verdict]] | None
    first_sentence: int
    dateline: Place | None
    home: Home | None
    people: DocumentActors
    read: frozenset[tuple[int, int, str]]


@dataclass(slots=True)
class _Begun:
    """A report that is read but not yet judged; ``political`` by its words."""

    reading: Reading
    political: bool
    sentences: list[Span] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    drafts: list[_Draft] = field(default_factory=list)


class Coder:
    """Code documents. Make one and keep it: loading takes about two seconds.

    ``model`` is any spaCy pipeline with tagger, parser, lemmatizer and entities, or the
    name of an installed one; ``actors`` are further actor files of the user; ``cache`` is
    the folder for the gazetteer that is built at first use. ``type_model`` is the folder of
    another type model than the packaged one; with ``rules_only`` the codebook alone decides.
    With ``prefilter`` a report whose words say that it is no political news is not parsed:
    its report holds nothing (see ``reading.prefilter``).
    """

    def __init__(
        self,
        model: str | Language | None = None,
        *,
        actors: Sequence[Path] = (),
        cache: Path | None = None,
        type_model: Path | None = None,
        rules_only: bool = False,
        prefilter: bool = False,
    ) -> None:
        self._parser = Parser(model) if model is not None else Parser()
        table = load_frames()
        status_words, embedding = load_status(), load_embedding()
        self._embedding = embedding
        self._finder = PredicateFinder(table)
        self._claims = ClaimBuilder(table, load_ontology(), status_words, embedding)
        self._ontology = load_ontology()
        self._standing = StandingBuilder(
            AttributionReader(status_words), embedding.economic_sectors
        )
        self._times = TimeResolver()
        self._places = PlaceResolver(Gazetteer.open(cache))
        self._actors = ActorResolver(ActorTables.load(actors), self._places.country_of)
        self._merger = Merger()
        self._skipped = (
            frozenset(status_words.speech)
            | status_words.hypothetical_verbs
            | embedding.transparent
            | embedding.ended
            | embedding.opaque
            | embedding.relational
        )
        self._namer: ActNamer | None = None
        if not rules_only:
            model_ = TypeModel(type_model) if type_model is not None else TypeModel.default()
            self._namer = ActNamer(model_, self._ontology)
        self._words = load_prefilter()
        self._skips = prefilter
        self.version = (
            f"dragoman {dragoman.__version__}, "
            f"{self._namer.model.name if self._namer is not None else 'rules only'}, "
            f"{self._parser.name}{', prefiltered' if prefilter else ''}"
        )

    @property
    def type_model(self) -> TypeModel | None:
        """The type model, or ``None`` if the codebook alone decides."""
        return self._namer.model if self._namer is not None else None

    @property
    def nlp(self) -> Language:
        """The spaCy pipeline that parses."""
        return self._parser.nlp

    # -- public ----------------------------------------------------------------------------

    def code(
        self,
        text: str | Document,
        *,
        published: date | None = None,
        publisher: str | None = None,
    ) -> Report:
        """Code one report. Raises ``InputError`` if it is empty or not English."""
        document = (
            text
            if isinstance(text, Document)
            else document_from_text(text, published=published, publisher=publisher)
        )
        result = next(self.stream([document]))
        if isinstance(result, Rejected):
            from dragoman.errors import InputError

            raise InputError(result.source, result.reason, result.message)
        return result

    def stream(
        self, documents: Iterable[Document], *, batch_size: int = 32
    ) -> Iterator[Report | Rejected]:
        """Code documents lazily in batches; one result per document, in order.

        The type model judges in a thread of its own while the next documents are parsed.
        """
        waiting: deque[_Begun | Rejected] = deque()
        with ThreadPoolExecutor(1, "type-model") as thread:
            for begun in self._begin(documents, batch_size, thread):
                waiting.append(begun)
                if len(waiting) > _AHEAD:
                    yield self._end(waiting.popleft())
            while waiting:
                yield self._end(waiting.popleft())

    def parse(self, documents: Iterable[Document]) -> Iterator[tuple[Reading, Doc]]:
        """Read and parse only (for benchmarks and ``explain``)."""
        return self._parser.docs(read(document) for document in documents)

    # -- one document ----------------------------------------------------------------------

    def _begin(
        self, documents: Iterable[Document], batch_size: int, thread: ThreadPoolExecutor
    ) -> Iterator[_Begun | Rejected]:
        batch: list[Document] = []
        for document in documents:
            batch.append(document)
            if len(batch) >= batch_size:
                yield from self._batch(batch, thread)
                batch = []
        if batch:
            yield from self._batch(batch, thread)

    def _batch(
        self, documents: Sequence[Document], thread: ThreadPoolExecutor
    ) -> Iterator[_Begun | Rejected]:
        opened: deque[_Begun | Rejected] = deque()
        for document in documents:
            reading = read(document)
            if reading.language not in {None, "en"}:
                opened.append(
                    Rejected(
                        document.source,
                        "not-english",
                        f"the text is not English (detected: {reading.language}); not coded",
                    )
                )
            else:
                opened.append(self._open(reading))
        parsed = self._parser.docs(
            [
                begun.reading
                for begun in opened
                if isinstance(begun, _Begun) and (begun.political or not self._skips)
            ]
        )
        pending: tuple[Reading, Doc] | None = None
        while opened:  # what is yielded is not kept until the batch ends
            begun = opened.popleft()
            if isinstance(begun, Rejected):
                yield begun
                continue
            while True:
                if pending is None:
                    pending = next(parsed, None)
                if pending is None or pending[0].document is not begun.reading.document:
                    break
                self._draft(begun, pending[1], thread)
                pending = None
            yield begun

    def _open(self, reading: Reading) -> _Begun:
        return _Begun(reading, self._words.keeps(reading.document.text))

    def code_parsed(self, reading: Reading, docs: Sequence[Doc]) -> Report:
        """Code an already parsed reading (several parses for a very long text)."""
        begun = self._open(reading)
        with ThreadPoolExecutor(1, "type-model") as thread:
            for doc in docs:
                self._draft(begun, doc, thread)
            report = self._end(begun)
        assert isinstance(report, Report)
        return report

    def _draft(self, begun: _Begun, doc: Doc, thread: ThreadPoolExecutor) -> None:
        """Read one parse by the rules, and ask the type model about it."""
        reading, sentences = begun.reading, begun.sentences
        statements, relations = begun.statements, begun.relations
        charging = self._embedding.accused_of
        repair(doc, charging)
        tree = Tree(doc, self._embedding.lemmas, self._embedding.charges, charging)
        first_sentence = len(sentences)
        sentence_of: list[int] = [0] * len(doc)
        for sent in doc.sents:
            words = [token for token in sent if not token.is_space]
            if not words:
                continue
            for token in sent:
                sentence_of[token.i] = len(sentences)
            sentences.append(Span(words[0].idx, words[-1].idx + len(words[-1].text)))
        found = self._finder.find(tree)
        dateline_place = self._dateline_place(reading)
        country = dateline_place.country if dateline_place is not None else None
        people = self._actors.open(doc, published=reading.published, dateline_country=country)
        arguments = Arguments(tree, people, self._claims.act_nouns, self._embedding)
        times = self._times.find(doc, reading.published)
        places = self._places.open(
            doc, dateline_country=country, countries=people.countries
        ).mentions
        heads = frozenset(i for i, c in found.items() if c.frame.kind == "event")
        circumstances = Circumstances(tree, times, places, heads, self._embedding)
        taken = self._claims.absorbed(found, tree)
        publisher = reading.publisher

        def claim_of(candidate: Candidate) -> Claim | None:
            return self._claims.build(
                candidate,
                taken.get(candidate.head.i, []),
                tree,
                arguments,
                circumstances,
                sentence_of[candidate.head.i],
                publisher,
            )

        # An agreement that names no party leaves the act under it to speak for itself.
        governing = {index: claim_of(found[index]) for index in taken}
        absorbed = {
            inner.head.i
            for index, inners in taken.items()
            if governing[index] is not None or found[index].frame.type is not EventType.AGREE
            for inner in inners
        }
        claims: list[Claim] = []
        for index, candidate in sorted(found.items()):
            sentence = sentence_of[index]
            if candidate.frame.kind == "event":
                if index in absorbed:
                    continue
                claim = governing[index] if index in governing else claim_of(candidate)
                if claim is not None:
                    claims.append(claim)
            elif candidate.frame.kind == "statement":
                statement = self._standing.statement(
                    candidate,
                    tree,
                    arguments,
                    sentence,
                    publisher,
                    len(statements) + 1,
                    reading.document.id,
                )
                if statement is not None:
                    statements.append(statement)
            else:
                relation = self._standing.relation(
                    candidate,
                    tree,
                    arguments,
                    sentence,
                    publisher,
                    len(relations) + 1,
                    reading.document.id,
                )
                if relation is not None:
                    relations.append(relation)
        claims = self._told_as_news(claims, begun)
        proposals: list[Claim] = []
        verdicts: Future[list[Verdict]] | None = None
        if self._namer is not None:
            proposals = [
                claim
                for candidate in self._finder.unread(tree, found, self._skipped)
                if (claim := claim_of(candidate)) is not None and _between_known(claim)
            ]
            proposals = self._told_as_news(proposals, begun)
            queries = self._namer.queries(claims, proposals, sentences, reading.document.text)
            verdicts = thread.submit(self._namer.model.judge, queries)
        read = frozenset(
            (sentence_of[index], index, candidate.frame.type.value)
            for index, candidate in found.items()
            if candidate.frame.type is not None
        )
        home = None
        if country is not None and country in people.countries[:1]:
            home = (country, "country of the dateline")
        elif len(people.countries) == 1:
            home = (people.countries[0], "only country of the report")
        begun.drafts.append(
            _Draft(
                tree,
                claims,
                proposals,
                verdicts,
                first_sentence,
                dateline_place,
                home,
                people,
                read,
            )
        )

    def _told_as_news(self, claims: Sequence[Claim], begun: _Begun) -> list[Claim]:
        """Return the claims whose sentences may be political news by their words.

        What one known party does to another needs no such words in a political report.
        """
        out = []
        for claim in claims:
            sentence = begun.sentences[claim.sentence].of(begun.reading.document.text)
            doubtful = not begun.political or _nobody_known(claim)
            if (begun.political and _between_known(claim)) or self._words.holds(
                sentence, doubtful=doubtful
            ):
                out.append(claim)
        return out

    def _end(self, begun: _Begun | Rejected) -> Report | Rejected:
        """Take the verdicts, and make a report's events."""
        if isinstance(begun, Rejected):
            return begun
        events: list[Event] = []
        for draft in begun.drafts:
            self._add_events(begun.reading, draft, events)
        return Report(
            document=begun.reading.document,
            reading=begun.reading,
            sentences=tuple(begun.sentences),
            events=tuple(events),
            statements=tuple(begun.statements),
            relations=tuple(begun.relations),
            coder=self.version,
        )

    def _add_events(self, reading: Reading, draft: _Draft, events: list[Event]) -> None:
        claims, first = draft.claims, draft.first_sentence
        if self._namer is not None and draft.verdicts is not None:
            claims = self._namer.name(claims, draft.proposals, draft.verdicts.result(), draft.read)
        for claim in claims:
            self._default_time(claim, reading, claim.sentence - first, first == 0)
        merged = self._merger.merge(claims, draft.tree)
        self._localise([claim for claim, _ in merged], draft.home, draft.people)
        for claim, mentions in merged:
            self._default_place(claim, draft.dateline)
            events.append(self._event(claim, mentions, reading))

    def _localise(self, claims: Sequence[Claim], home: Home | None, people: DocumentActors) -> None:
        """Give offices and groups without a country the one that they are of.

        Police, protesters and the like are of the country where they act: that of the act's
        place, or of a place named in the sentence before; else of ``home``, the dateline's
        country if the report is mostly about it, or the only one that it names. Whom an
        authority arrests is one of its own people, unless another country is told. All
        others, and who is left, are of the country that the report tells of (``ActorHomes``).
        """
        place: Home | None = None
        last = -9
        for claim in claims:
            if claim.where is not None and claim.where.country is not None:
                place, last = (claim.where.country, "country of the act's place"), claim.sentence
            elif claim.sentence - last > 1:
                place = None
            parties = (*claim.actors, *claim.recipients)
            local = claim.type in _LOCAL
            if local:
                claim.actors = self._at_home(claim.actors, place)
                claim.recipients = self._at_home(claim.recipients, place)
            elif claim.recipients and not any(party.known_as for party in parties):
                claim.actors = self._at_home(claim.actors, home, anyone=True)
                claim.recipients = self._at_home(claim.recipients, home, anyone=True)
            claim.actors = _as_told(self._at_home(claim.actors, home), people)
            if local:
                own = {a.country for a in claim.actors}
                if claim.type is EventType.COERCE and len(own) == 1:
                    (country,) = own
                    mine = (country, "the authority's own people") if country is not None else None
                    claim.recipients = self._at_home(claim.recipients, mine, anyone=True)
                claim.recipients = self._at_home(claim.recipients, home)
            claim.recipients = _as_told(claim.recipients, people)

    def _at_home(
        self, actors: tuple[Actor, ...], home: Home | None, *, anyone: bool = False
    ) -> tuple[Actor, ...]:
        if home is None:
            return actors
        country, why = home
        local = self._embedding.local_sectors
        return tuple(
            replace(actor, country=country, rule=f"{actor.rule}; {why}")
            if not actor.known_as and (anyone or actor.sector in local)
            else actor
            for actor in actors
        )

    # -- last resorts ------------------------------------------------------------------------

    def _dateline_place(self, reading: Reading) -> Place | None:
        dateline = reading.dateline
        if dateline is None or dateline.place is None or dateline.place_span is None:
            return None
        return self._places.named(dateline.place, dateline.place_span)

    @staticmethod
    def _default_time(claim: Claim, reading: Reading, sentence: int, opening: bool) -> None:
        """Date the undated acts of the lead by the day of the report."""
        if claim.when is not None or claim.background or reading.published is None:
            return
        verb = claim.candidate.verb
        if claim.status not in {Status.ACTUAL, Status.ALLEGED} or verb is None:
            return
        past = verb.tag_ == "VBD" or any(
            child.lower_ in {"was", "were", "has", "have"} for child in verb.children
        )
        if not (past and opening and sentence < _LEAD):
            claim.background = claim.background or (
                opening
                and sentence >= _LEAD
                and any(child.lower_ in {"has", "have", "'ve"} for child in verb.children)
                and not claim.magnitudes
                and claim.type in {EventType.COOPERATE, EventType.AID, EventType.SUPPORT}
            )
            return
        day = reading.published
        span, words = claim.mention.predicate, ""
        if reading.dateline is not None and reading.dateline.date_span is not None:
            span = reading.dateline.date_span
            words = span.of(reading.document.text)
        claim.when = TimeInterval(
            day - timedelta(days=1),
            day,
            Precision.FUZZY,
            words,
            span,
            "undated act of the lead: day of the report",
        )
        claim.reasons.append(Reason("when", claim.when.rule, span))

    @staticmethod
    def _default_place(claim: Claim, dateline: Place | None) -> None:
        if claim.where is not None or dateline is None or claim.background:
            return
        if claim.type not in _TOGETHER or claim.status is not Status.ACTUAL:
            return
        if claim.mode == "phone":
            return
        if dateline.country in {a.country for a in (*claim.actors, *claim.recipients)}:
            claim.where = dateline
            claim.reasons.append(Reason("where", "dateline", dateline.span))

    def _event(self, claim: Claim, mentions: list[Mention], reading: Reading) -> Event:
        entry = self._ontology.types[claim.type]
        key = "|".join(
            [
                reading.document.id,
                claim.type.value,
                str(claim.mention.predicate.start),
                str(claim.mention.predicate.end),
                claim.status.value,
            ]
        )
        return Event(
            id="e" + hashlib.sha256(key.encode()).hexdigest()[:16],
            type=claim.type,
            cameo=claim.cameo or claim.frame.cameo or entry.cameo_root,
            quad=entry.quad,
            score=self._ontology.score(claim.type, claim.mode),
            status=claim.status,
            mode=claim.mode,
            contexts=tuple(sorted(claim.contexts)),
            actors=claim.actors,
            recipients=claim.recipients,
            symmetric=claim.frame.symmetric,
            background=claim.background,
            attribution=claim.attribution,
            when=claim.when,
            where=claim.where,
            magnitudes=claim.magnitudes,
            topics=claim.topics,
            mentions=tuple(mentions),
            confidence=claim.confidence,
            reasons=tuple(claim.reasons),
        )
