"""Whether an act happened: actual, planned, alleged, denied, hypothetical, background.

The reading climbs from the predicate's verb to the root: every auxiliary, negation,
governing verb and conjunction on the way may change the status. The order of force
is blocked (no event) > hypothetical > denied > alleged > planned > actual.
"""

from __future__ import annotations

from dataclasses import dataclass

from spacy.tokens import Token

from dragoman.codebook.words import EmbeddingWords, StatusWords
from dragoman.coding.predicates import Candidate
from dragoman.coding.syntax import CHARGED, VERBS, Tree
from dragoman.schema import EventType, Status

_FORCE = {
    Status.ACTUAL: 0,
    Status.PLANNED: 1,
    Status.ALLEGED: 2,
    Status.DENIED: 3,
    Status.HYPOTHETICAL: 4,
}
#: Acts whose simple present reports news ('Ukraine accuses Russia'); for the others
#: the simple present tells a habit ('Russia supplies Iran').
_SPOKEN = frozenset(
    {
        EventType.AGREE,
        EventType.CONSULT,
        EventType.SUPPORT,
        EventType.CONCEDE,
        EventType.REQUEST,
        EventType.ACCUSE,
        EventType.REJECT,
        EventType.THREATEN,
    }
)

#: What opens a clause that has happened if its verb is a past tense, whatever stands above.
_PRESUPPOSING = frozenset(
    {"after", "since", "because", "when", "while", "as", "although", "though", "where", "once"}
)


@dataclass(slots=True)
class StatusReading:
    """The status of one candidate with the word that decided it."""

    status: Status = Status.ACTUAL
    rule: str = "asserted"
    word: Token | None = None
    blocked: bool = False
    background: bool = False
    background_rule: str = ""

    def raise_to(self, status: Status, rule: str, word: Token | None) -> None:
        """Take a stronger status; a weaker one is ignored."""
        if _FORCE[status] > _FORCE[self.status]:
            self.status, self.rule, self.word = status, rule, word

    def block(self, rule: str, word: Token | None) -> None:
        """Mark the act as not asserted at all."""
        self.blocked, self.rule, self.word = True, rule, word


class StatusReader:
    """Read status from the parse with the codebook's words."""

    def __init__(self, words: StatusWords, embedding: EmbeddingWords) -> None:
        self._words = words
        self._embedding = embedding

    def read(self, candidate: Candidate, tree: Tree) -> StatusReading:
        """Return the status of a candidate's act."""
        reading = StatusReading()
        if candidate.frame.pos == "noun":
            self._noun(candidate, tree, reading)
        start = candidate.verb
        if start is None:
            start = tree.clause_verb(candidate.head)
            if candidate.frame.pos == "noun" and start.i != candidate.head.i:
                if not reading.blocked:
                    self._climb(start, tree, reading, embedded_noun=True)
                return reading
        self._own(start, tree, reading)
        self._climb(start, tree, reading)
        self._background(candidate, start, tree, reading)
        return reading

    # -- the verb's own signs ----------------------------------------------------------

    def _own(
        self,
        verb: Token,
        tree: Tree,
        reading: StatusReading,
        *,
        participants: bool = True,
        negation: bool = True,
    ) -> None:
        """Read the verb's auxiliaries, adverbs and negations.

        What is said of another verb's participants ('has no rights, backing …') and, for
        a participle beside it, its negation, do not pass on.
        """
        words = self._words
        auxiliaries = tree.kids(verb, "aux")
        for aux in auxiliaries:
            lemma = aux.lower_
            if lemma in {"will", "shall", "'ll", "wo", "’ll"}:
                reading.raise_to(Status.PLANNED, "auxiliary", aux)
            elif lemma in {"would", "'d"}:
                if self._reported(verb, tree) and not self._conditional(verb, tree):
                    reading.raise_to(Status.PLANNED, "future-in-past", aux)
                else:
                    reading.raise_to(Status.HYPOTHETICAL, "auxiliary", aux)
            elif lemma in {"should", "must", "ought", "need"}:
                reading.block("deontic", aux)
            elif lemma in words.hypothetical_auxiliaries or lemma in {
                "could",
                "may",
                "might",
                "can",
            }:
                reading.raise_to(Status.HYPOTHETICAL, "auxiliary", aux)
        for child in tree.children[verb.i]:
            dep = tree.deps[child.i]
            lower = child.lower_
            if dep == "neg" or (dep == "advmod" and lower in {"never", "hardly"}):
                if negation and not self._not_only(child, tree):
                    reading.raise_to(Status.DENIED, "negation", child)
            elif dep == "advmod" and lower in words.alleged_adverbs:
                reading.raise_to(Status.ALLEGED, "adverb", child)
            elif participants and dep in {"nsubj", "nsubjpass", "dobj", "attr"}:
                for inner in tree.kids(child, "det", "neg", "preconj"):
                    if inner.lower_ in {"no", "neither"}:
                        reading.raise_to(Status.DENIED, "negation", inner)
                if dep in {"nsubj", "nsubjpass"} and lower in {"nobody", "none", "neither"}:
                    reading.raise_to(Status.DENIED, "negation", child)

    def _not_only(self, neg: Token, tree: Tree) -> bool:
        following = neg.i + 1
        return following < len(tree.doc) and tree.doc[following].lower_ in {
            "only",
            "just",
            "merely",
        }

    def _reported(self, verb: Token, tree: Tree) -> bool:
        current = verb
        for _ in range(8):
            dep, head = tree.deps[current.i], current.head
            if head.i == current.i:
                break
            if dep == "ccomp" and tree.lemma(head) in self._words.speech:
                return True
            if dep == "ccomp" and head.pos_ in VERBS:
                return True
            if dep == "acl" and head.pos_ == "NOUN":
                return True
            current = head
        # 'X would meet Y next week, he said' with the speech verb as sentence root
        for child in tree.children[current.i]:
            if (
                tree.deps[child.i] in {"parataxis", "ccomp"}
                and tree.lemma(child) in self._words.speech
            ):
                return True
        return tree.lemma(current) in self._words.speech and current.i != verb.i

    def _conditional(self, verb: Token, tree: Tree) -> bool:
        return any(
            mark.lower_ in {"if", "unless"}
            for clause in tree.kids(verb, "advcl")
            for mark in tree.kids(clause, "mark", "advmod")
        )

    # -- what stands above -------------------------------------------------------------

    def _climb(
        self, verb: Token, tree: Tree, reading: StatusReading, embedded_noun: bool = False
    ) -> None:
        words, embedding = self._words, self._embedding
        current = verb
        if embedded_noun:
            self._modals_only(verb, tree, reading)
        for _ in range(12):
            if reading.blocked:
                return
            dep, head = tree.deps[current.i], current.head
            if head.i == current.i:
                return
            lemma = tree.lemma(head)
            infinitive = any(child.tag_ == "TO" for child in tree.kids(current, "aux"))
            match dep:
                case "conj":
                    parallel = tree.coordinated_with(current) if current.pos_ == "VERB" else head
                    if parallel.i != head.i:
                        current = parallel
                        continue
                    own = tree.kids(current, "aux", "nsubj", "nsubjpass")
                    if not [c for c in own if c.tag_ != "TO"]:
                        self._modals_only(head, tree, reading)
                case "xcomp" | "ccomp":
                    self._governed(head, lemma, infinitive, dep, tree, reading)
                case "acl":
                    if infinitive:
                        if lemma in words.planned_nouns:
                            reading.raise_to(Status.PLANNED, "planned-noun", head)
                        else:
                            reading.block("infinitive-of-noun", head)
                    elif current.tag_ not in {"VBG", "VBN"}:
                        if lemma in words.hypothetical_nouns:
                            reading.block("hypothetical-noun", head)
                        elif lemma in {"allegation", "claim", "accusation", "report", "suspicion"}:
                            reading.raise_to(Status.ALLEGED, "alleged-noun", head)
                case "relcl":
                    return
                case "advcl":
                    marks = {m.lower_ for m in tree.kids(current, "mark", "advmod")}
                    if marks & _PRESUPPOSING and self._past(current, tree):
                        return  # 'plans to join after Russia invaded': the invasion took place
                    if marks & (words.subordinators | {"if", "unless"}):
                        reading.raise_to(Status.HYPOTHETICAL, "condition", current)
                    elif infinitive:
                        if lemma in words.planned_verbs:
                            reading.raise_to(Status.PLANNED, "planned-verb", head)
                        else:
                            reading.block("purpose", head)
                    elif (
                        marks & {"before", "until", "till"} and reading.status is Status.ACTUAL
                    ) or not marks:
                        self._modals_only(head, tree, reading)
                case "pcomp":
                    governor = head.head
                    glemma = tree.lemma(governor)
                    if head.lower_ in embedding.ended_prepositions or glemma in embedding.ended:
                        reading.block("ended", head)
                    elif (head.lower_ == "of" and glemma in words.alleged_verbs) or (
                        head.lower_ in CHARGED
                        and (glemma in embedding.accused_of or glemma in embedding.charges)
                    ):
                        reading.raise_to(Status.ALLEGED, "alleged-verb", governor)
                    elif glemma in words.denied_verbs:
                        reading.raise_to(Status.DENIED, "denial", governor)
                    elif glemma in words.hypothetical_nouns or glemma in words.hypothetical_verbs:
                        reading.block("hypothetical", governor)
                    elif head.lower_ in {"about", "on", "towards", "toward"}:
                        reading.block("topic", head)
                    current = governor
                    continue
                case _:
                    pass
            current = head

    @staticmethod
    def _past(verb: Token, tree: Tree) -> bool:
        """Tell whether a clause is finite and past ('invaded', 'had invaded', 'was hit')."""
        auxiliaries = tree.kids(verb, "aux", "auxpass")
        if auxiliaries:
            return auxiliaries[0].lower_ in {"had", "has", "have", "was", "were", "did"}
        return verb.tag_ == "VBD"

    def _governed(
        self,
        head: Token,
        lemma: str,
        infinitive: bool,
        dep: str,
        tree: Tree,
        reading: StatusReading,
    ) -> None:
        words, embedding = self._words, self._embedding
        if lemma in words.denied_verbs:
            reading.raise_to(Status.DENIED, "denial", head)
        elif lemma in words.planned_verbs and (infinitive or dep == "xcomp"):
            reading.raise_to(Status.PLANNED, "planned-verb", head)
            self._modals_only(head, tree, reading)
        elif lemma in words.alleged_verbs and (
            dep == "xcomp" or tree.is_passive(head) or lemma in {"allege", "suspect"}
        ):
            reading.raise_to(Status.ALLEGED, "alleged-verb", head)
        elif lemma in {"say", "believe", "think", "report", "understand"} and tree.is_passive(head):
            reading.raise_to(Status.ALLEGED, "hearsay", head)
        elif lemma in embedding.ended and dep == "xcomp":
            reading.block("ended", head)
        elif lemma in words.hypothetical_verbs:
            reading.block("hypothetical-verb", head)
        elif dep == "ccomp" and lemma in words.speech:
            if any(mark.lower_ in {"if", "whether"} for mark in tree.kids(head, "mark")):
                reading.raise_to(Status.HYPOTHETICAL, "condition", head)
        elif lemma == "be" and infinitive:
            reading.raise_to(Status.PLANNED, "is-to", head)
        elif lemma == "go" and infinitive and head.tag_ == "VBG":
            reading.raise_to(Status.PLANNED, "going-to", head)
            self._modals_only(head, tree, reading)
        elif lemma == "have" and infinitive and dep == "xcomp" and head.tag_ in {"VBZ", "VBP"}:
            reading.raise_to(Status.HYPOTHETICAL, "obligation", head)
        elif lemma in embedding.transparent:
            self._modals_only(head, tree, reading)
        elif infinitive and dep == "xcomp":
            if head.pos_ == "ADJ" or tree.kids(head, "acomp"):
                ready = {
                    "ready",
                    "set",
                    "due",
                    "likely",
                    "expected",
                    "scheduled",
                    "poised",
                    "willing",
                }
                if lemma in ready or any(a.lower_ in ready for a in tree.kids(head, "acomp")):
                    reading.raise_to(Status.PLANNED, "planned-adjective", head)
                    return
            reading.block("infinitive", head)

    def _modals_only(
        self, verb: Token, tree: Tree, reading: StatusReading, *, negation: bool = True
    ) -> None:
        if verb.pos_ in VERBS:
            self._own(verb, tree, reading, participants=False, negation=negation)

    # -- nouns ---------------------------------------------------------------------------

    def _noun(self, candidate: Candidate, tree: Tree, reading: StatusReading) -> None:
        embedding = self._embedding
        for child in tree.children[candidate.head.i]:
            lower = child.lower_
            if lower == "no":
                reading.raise_to(Status.DENIED, "negation", child)
            elif tree.deps[child.i] in {"amod", "det", "compound", "advmod"}:
                if lower in embedding.alleged:
                    reading.raise_to(Status.ALLEGED, "adjective", child)
                elif lower in embedding.planned:
                    reading.raise_to(Status.PLANNED, "adjective", child)
                elif lower in embedding.hypothetical and not candidate.light:
                    reading.block("adjective", child)
                elif lower in embedding.background:
                    reading.background, reading.background_rule = True, "adjective"

    # -- habit and undated past -----------------------------------------------------------

    def _background(
        self, candidate: Candidate, verb: Token, tree: Tree, reading: StatusReading
    ) -> None:
        if reading.status not in {Status.ACTUAL, Status.DENIED, Status.ALLEGED}:
            return
        lowered = [t.lower_ for t in sorted(tree.clause_tokens(verb), key=lambda t: t.i)]
        present = set(lowered)
        for marker in self._words.background_markers:
            width = len(marker)
            if marker[0] in present and any(
                tuple(lowered[i : i + width]) == marker for i in range(len(lowered) - width + 1)
            ):
                reading.background, reading.background_rule = True, f"marker '{' '.join(marker)}'"
                return
        frame_type = candidate.frame.type
        if (
            verb.tag_ in {"VBZ", "VBP"}
            and not tree.kids(verb, "aux", "auxpass")
            and frame_type is not None
            and frame_type not in _SPOKEN
        ):
            reading.background, reading.background_rule = True, "habitual-present"
