"""Questions to a dependency parse: who is the subject, what is the object.

The labels are those of spaCy's English pipelines (ClearNLP style). All functions
take and return tokens; none of them knows what an actor is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from dragoman.schema import Span

RELATIVE = frozenset({"who", "whom", "which", "that"})
SUBJECT = frozenset({"nsubj", "nsubjpass", "expl"})
#: Entities that tell when.
TIMES = frozenset({"DATE", "TIME"})
#: Nouns that stand for what follows their 'of' ('dozens of soldiers').
TRANSPARENT = frozenset(
    [
        "dozen",
        "score",
        "hundred",
        "thousand",
        "million",
        "billion",
        "number",
        "group",
        "series",
        "round",
        "package",
        "batch",
        "lot",
        "couple",
        "pair",
        "majority",
        "handful",
        "range",
        "wave",
        "string",
        "spate",
        "set",
        "member",
        "part",
        "piece",
        "kind",
        "type",
        "some",
        "most",
        "many",
        "all",
        "half",
        "one",
        "two",
        "several",
        "any",
        "none",
        "each",
        "both",
    ]
)
#: Prepositions before what someone is charged with, held for or suspected of.
CHARGED = frozenset({"of", "for", "with", "over"})
#: Parts of speech that head a clause.
VERBS = frozenset({"VERB", "AUX"})
_CLAUSE = frozenset({"relcl", "acl", "advcl", "ccomp", "xcomp", "conj", "parataxis", "csubj"})


@dataclass(slots=True)
class Tree:
    """The children of every token of one parse, looked up once.

    ``corrections`` maps verb forms to the lemma that the pipeline gets wrong. ``charges``
    are nouns and ``charging`` verbs that lay the act after their preposition to the charge
    of the verb's object ('held X on suspicion of attacking', 'charged X with attacking').
    """

    doc: Doc
    corrections: Mapping[str, str] = field(default_factory=dict)
    charges: frozenset[str] = frozenset()
    charging: frozenset[str] = frozenset()
    children: list[list[Token]] = field(init=False)
    deps: list[str] = field(init=False)
    lemmas: list[str] = field(init=False)

    def __post_init__(self) -> None:
        tokens = list(self.doc)
        self.deps = [token.dep_ for token in tokens]
        self.lemmas = [token.lemma_.lower() for token in tokens]
        for word in self.corrections.keys() & {token.lower_ for token in tokens}:
            for token in tokens:
                if token.lower_ == word and token.pos_ == "VERB":
                    self.lemmas[token.i] = self.corrections[word]
        self.children = [[] for _ in tokens]
        for token in tokens:
            head = token.head
            if head.i != token.i:
                self.children[head.i].append(token)

    def kids(self, token: Token, *deps: str) -> list[Token]:
        """Return the children of ``token`` with one of the labels, in text order."""
        return [child for child in self.children[token.i] if self.deps[child.i] in deps]

    def lemma(self, token: Token) -> str:
        """Return the lower-case lemma."""
        return self.lemmas[token.i]

    def subtree(self, token: Token) -> Iterator[Token]:
        """Yield ``token`` and everything below it, in no fixed order."""
        stack = [token]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(self.children[current.i])

    def conjuncts(self, token: Token) -> list[Token]:
        """Return ``token`` and what is coordinated below it."""
        out, stack = [], [token]
        while stack:
            current = stack.pop(0)
            out.append(current)
            stack.extend(
                self.kids(current, "conj", "appos")
                if current is token
                else self.kids(current, "conj")
            )
        return out

    def content(self, noun: Token) -> Token:
        """Skip quantity words: 'dozens of soldiers' gives 'soldiers'."""
        current = noun
        for _ in range(3):
            if self.lemmas[current.i] not in TRANSPARENT:
                break
            inner = [
                pobj
                for prep in self.kids(current, "prep")
                if self.lemmas[prep.i] == "of"
                for pobj in self.kids(prep, "pobj")
            ]
            if not inner:
                break
            current = inner[0]
        return current

    def counted_before(self, number: Token) -> Token | None:
        """Return the noun that a bare number counts, told earlier in the sentence."""
        for token in self.doc[number.sent.start : number.i]:
            if self.deps[token.i] == "nummod" and token.head.pos_ == "NOUN":
                return token.head
        return None

    # -- verbs ---------------------------------------------------------------------

    def is_passive(self, verb: Token) -> bool:
        """Tell whether the verb is passive, participles without auxiliary included."""
        if self.kids(verb, "auxpass", "nsubjpass"):
            return True
        dep = self.deps[verb.i]
        if verb.tag_ != "VBN" or self.kids(verb, "aux", "nsubj"):
            # 'ten were detained and six policemen injured': the auxiliary counts for both
            return (
                verb.tag_ == "VBN"
                and dep == "conj"
                and not self.kids(verb, "aux", "dobj")
                and bool(self.kids(verb.head, "auxpass"))
            )
        if dep in {"acl", "amod"}:
            return True
        if dep == "conj":
            return self.is_passive(verb.head) and not self.kids(verb, "dobj")
        return dep in {"advcl", "ROOT", "ccomp"} and not self.kids(verb, "dobj")

    def _relative(self, token: Token) -> Token:
        """Replace a relative pronoun by the noun that its clause describes."""
        if token.lower_ in RELATIVE and token.tag_ in {"WDT", "WP", "IN", "WP$"}:
            current = token.head
            for _ in range(4):
                if self.deps[current.i] == "relcl":
                    return current.head
                if current.head.i == current.i:
                    break
                current = current.head
        return token

    def grammatical_subjects(self, verb: Token, depth: int = 0) -> list[Token]:
        """Return the subject as written or understood (control, coordination, participles)."""
        own = self.kids(verb, "nsubj", "nsubjpass")
        if own:
            return [self._relative(token) for token in own]
        if depth > 5:
            return []
        dep, head = self.deps[verb.i], verb.head
        if dep == "conj" and head.pos_ in VERBS:
            return self.grammatical_subjects(self.coordinated_with(verb), depth + 1)
        if dep == "relcl":
            return []
        if dep == "acomp" and head.pos_ in VERBS:  # 'the envoy is due to …'
            return self.grammatical_subjects(head, depth + 1)
        if dep == "acl":
            if verb.tag_ in {"VBG", "VBN"}:
                return [head]
            return self.possessors(head) or self._subjects_over(head, depth)
        if dep == "pcomp":
            governor = head.head
            if governor.pos_ in VERBS:
                return self.controllers(governor, depth, of_prep=self.lemmas[head.i])
            if self.lemmas[governor.i] in self.charges:
                accused = self._accused(governor)
                if accused:
                    return accused
            return self.possessors(governor) or self._subjects_over(governor, depth)
        if dep == "xcomp" or (dep == "ccomp" and self._is_infinitive(verb)):
            return self.controllers(head, depth)
        if dep == "advcl" and head.pos_ in VERBS:
            if verb.tag_ in {"VBG", "VBN"} or self._is_infinitive(verb):
                return self.grammatical_subjects(head, depth + 1)
            return []
        return []

    def coordinated_with(self, verb: Token) -> Token:
        """Return the verb that a coordinated verb is parallel to.

        Small parsers hang 'and called on …' on the infinitive before it ('said it would
        send aid and called on …'); a finite verb is parallel to the finite one above.
        """
        head = verb.head
        finite = {"VBD", "VBZ", "VBP"}
        if verb.tag_ in finite and not self.kids(verb, "aux", "nsubj", "nsubjpass"):
            current = head
            for _ in range(3):
                if current.tag_ in finite:
                    return current
                if self.deps[current.i] not in {"ccomp", "xcomp", "advcl", "conj"}:
                    break
                current = current.head
        return head

    def _subjects_over(self, noun: Token, depth: int) -> list[Token]:
        """Find the subject of the verb that governs a noun ('made a plan to')."""
        current = noun
        for _ in range(4):
            if current.head.i == current.i:
                return []
            current = current.head
            if current.pos_ in VERBS:
                return self.grammatical_subjects(current, depth + 1)
        return []

    def _is_infinitive(self, verb: Token) -> bool:
        return any(child.tag_ == "TO" for child in self.kids(verb, "aux"))

    def _accused(self, charge: Token) -> list[Token]:
        """Return whom 'on suspicion' or 'on a charge' means: whom the verb above is done to."""
        if self.deps[charge.i] != "pobj":
            return []
        for above in charge.head.ancestors:
            if above.pos_ == "VERB":
                return self.patients(above)
        return []

    def controllers(
        self, governor: Token, depth: int = 0, of_prep: str | None = None
    ) -> list[Token]:
        """Return who is understood to do what an embedded clause says."""
        objects = [] if self.is_passive(governor) else self.kids(governor, "dobj")
        if (
            objects
            and self.lemmas[governor.i] not in {"promise", "threaten", "vow", "use"}
            and (
                of_prep in {None, "of", "from", "into", "for"}
                or (of_prep in CHARGED and self.lemmas[governor.i] in self.charging)
            )
        ):
            return objects
        if of_prep is None and self.lemmas[governor.i] in {"call", "appeal"}:
            asked = [
                pobj
                for prep in self.kids(governor, "prep")
                if self.lemmas[prep.i] in {"on", "upon", "to", "for"}
                for pobj in self.kids(prep, "pobj")
            ]
            if asked:
                return asked
        return self.grammatical_subjects(governor, depth + 1)

    def agents(self, verb: Token) -> list[Token]:
        """Return who does it: the subject, or the by-phrase of a passive."""
        if self.is_passive(verb):
            preps = self.kids(verb, "agent", "prep")
            return self._by(preps) or self._by(
                [
                    inner
                    for prep in preps
                    for act in self.kids(prep, "pcomp")
                    for inner in self.kids(act, "agent", "prep")
                ]
            )
        return self.grammatical_subjects(verb)

    def _by(self, preps: list[Token]) -> list[Token]:
        return [
            pobj
            for prep in preps
            if self.lemmas[prep.i] == "by"
            for pobj in self.kids(prep, "pobj")
        ]

    def patients(self, verb: Token) -> list[Token]:
        """Return to whom or what it is done: the object, or the subject of a passive."""
        if self.is_passive(verb):
            found = self.grammatical_subjects(verb)
            return found if found else found + self.kids(verb, "oprd")
        own = self.kids(verb, "dobj", "obj")
        if own:
            return [self._relative(token) for token in own]
        if self.deps[verb.i] == "relcl":
            subjects = self.kids(verb, "nsubj")
            if subjects and subjects[0].lower_ not in RELATIVE:
                relatives = [
                    t for t in self.kids(verb, "mark", "dobj", "pobj") if t.lower_ in RELATIVE
                ]
                if relatives or not self.kids(verb, "prep", "ccomp", "xcomp"):
                    return [verb.head]
        # 'helped Angola rebuild': the object is parsed as subject of the bare infinitive
        return [
            subject
            for clause in self.kids(verb, "ccomp", "xcomp")
            if (clause.tag_ == "VB" or clause.pos_ == "ADJ")
            and not self.kids(clause, "mark", "aux")
            for subject in self.kids(clause, "nsubj")
        ]

    def indirect(self, verb: Token) -> list[Token]:
        """Return the indirect object ('gave Ukraine tanks')."""
        out: list[Token] = []
        for child in self.kids(verb, "dative"):
            out.extend(self.kids(child, "pobj") if child.pos_ == "ADP" else [child])
        return out

    def possessors(self, noun: Token) -> list[Token]:
        """Return the possessive of a noun ("Russia's attack")."""
        return self.kids(noun, "poss")

    def particles(self, verb: Token) -> set[str]:
        """Return particles and particle-like adverbs of a verb ('called off')."""
        return {
            child.lower_
            for child in self.children[verb.i]
            if self.deps[child.i] == "prt"
            or (self.deps[child.i] == "advmod" and child.lower_ in {"together", "back"})
            or (
                self.deps[child.i] in {"advmod", "prep"}
                and child.i == verb.i + 1
                and child.pos_ in {"ADP", "ADV"}
                and not self.children[child.i]
            )
        }

    def predicatives(self, verb: Token) -> list[Token]:
        """Return what a verb says that its object is ('called the vote a farce', 'as a farce')."""
        out = self.kids(verb, "oprd")
        for child in self.children[verb.i]:
            dep = self.deps[child.i]
            if child.lower_ == "as":
                out.extend(self.kids(child, "pobj", "amod", "pcomp", "advmod", "acomp"))
                if dep in {"mark", "advmod"} and child.head.pos_ == "ADJ":
                    out.append(child.head)
            elif dep == "advcl" and child.pos_ == "ADJ":
                if any(inner.lower_ == "as" for inner in self.children[child.i]):
                    out.append(child)
            elif dep in {"ccomp", "xcomp"} and child.pos_ in {"ADJ", "NOUN"}:
                if not self.kids(child, "aux", "mark", "cop"):
                    out.append(child)
            elif dep == "dobj" and child.i > verb.i:  # 'found him guilty', the adjective below
                out.extend(i for i in self.kids(child, "amod") if i.i > child.i)
        return [item for first in out for item in self.conjuncts(first)]

    def complements(self, head: Token) -> list[tuple[str, Token]]:
        """Return clausal complements as (kind, verb): kind is 'to', 'that' or 'ing'."""
        out: list[tuple[str, Token]] = []
        for child in self.children[head.i]:
            dep = self.deps[child.i]
            if dep in {"xcomp", "ccomp", "acl"} and child.pos_ in {"VERB", "AUX", "NOUN", "ADJ"}:
                if dep == "acl" and head.pos_ not in {"NOUN", "PROPN"}:
                    continue
                if self._is_infinitive(child):
                    out.append(("to", child))
                elif child.tag_ == "VBG" and dep != "ccomp":
                    if dep == "xcomp":
                        out.append(("ing", child))
                elif dep != "acl" or self.kids(child, "mark"):
                    out.append(("that", child))
            elif dep in {"prep", "agent"}:
                out.extend(("ing", inner) for inner in self.kids(child, "pcomp"))
            elif dep == "advcl" and self._is_infinitive(child) and head.pos_ == "VERB":
                if child.i > head.i and self.lemmas[head.i] in {"call", "appeal", "press"}:
                    out.append(("to", child))
            elif dep in {"dobj", "npadvmod"} and head.pos_ == "VERB":
                for inner in self.kids(child, "acl", "relcl"):
                    if self._is_infinitive(inner) and inner.i > child.i:
                        out.append(("to", inner))
        return out

    def prepositions(self, head: Token, name: str, depth: int = 3) -> list[Token]:
        """Return the objects of the nearest preposition ``name`` under ``head``.

        Attachment of prepositions is the weakest point of small parsers, so the
        search goes down through objects and other prepositions ('signed an
        agreement on trade with Iran'), but never into another clause. Others than times are
        preferred: 'sanctions on Haiti on Monday'.
        """
        level, timed = [head], list[Token]()
        for _ in range(depth):
            following: list[Token] = []
            for token in level:
                for child in self.children[token.i]:
                    dep = self.deps[child.i]
                    if dep in {"prep", "agent", "dative", "prt"} or child.pos_ == "ADP":
                        if child.lower_ == name:
                            found = self.kids(child, "pobj")
                            if not found:
                                found = [
                                    pobj
                                    for inner in self.kids(child, "prep")
                                    for pobj in self.kids(inner, "pobj")
                                ]
                            if found and all(item.ent_type_ in TIMES for item in found):
                                timed = timed or found
                            elif found:
                                return [self._relative(item) for item in found]
                        following.append(child)
                    elif (
                        (
                            dep in {"dobj", "pobj", "nsubjpass", "attr", "oprd"}
                            and name not in {"of"}
                        )
                        or (
                            dep in {"amod", "npadvmod", "nummod"}
                            and child.i > token.i
                            and name not in {"of", "in"}
                        )
                        or (
                            dep == "conj" and child.pos_ in {"NOUN", "PROPN"} and name not in {"of"}
                        )
                    ):
                        following.append(child)
            level = following
        return [self._relative(item) for item in timed]

    def clause_verb(self, token: Token) -> Token:
        """Climb to the verb (or root) of the clause that a token stands in."""
        current = token
        for _ in range(40):
            if current.pos_ in VERBS and self.deps[current.i] not in {"aux", "auxpass"}:
                return current
            if current.head.i == current.i:
                return current
            current = current.head
        return current

    def edges(self, token: Token) -> tuple[int, int]:
        """Return first and last+1 token index of the subtree of ``token``."""
        indices = [item.i for item in self.subtree(token)]
        return min(indices), max(indices) + 1

    def clause_tokens(self, head: Token) -> list[Token]:
        """Return the tokens of a clause without those of clauses below it."""
        out: list[Token] = []
        stack = [head]
        while stack:
            current = stack.pop()
            out.append(current)
            for child in self.children[current.i]:
                if self.deps[child.i] in _CLAUSE and child.pos_ in VERBS:
                    continue
                stack.append(child)
        return out


def _reduce(participle: Token) -> None:
    """Mend 'gunmen linked to X killed …' parsed with the participle as the main verb.

    A participle without auxiliary is not finite: the past tense that hangs on it is the
    clause's verb, and the participle describes its subject.
    """
    if any(child.dep_ in {"aux", "auxpass"} for child in participle.children):
        return
    subjects = [child for child in participle.children if child.dep_ == "nsubj"]
    finite = [
        child
        for child in participle.children
        if child.dep_ == "advcl" and child.tag_ == "VBD" and child.i > participle.i
        and not any(c.dep_ in {"mark", "nsubj", "nsubjpass", "advmod"} and c.i < child.i
                    for c in child.children)
    ]  # fmt: skip
    if not subjects or not finite:
        return
    verb, subject = finite[0], subjects[-1]
    verb.head, verb.dep_ = verb, "ROOT"
    subject.head, subject.dep_ = verb, "nsubj"
    for child in list(participle.children):
        if child.i > verb.i:
            child.head = verb
    participle.head, participle.dep_ = subject, "acl"


def _place_word(word: Token) -> None:
    """Mend 'gathered outside parliament' parsed as 'gathered the outside parliament'."""
    noun = word.head
    verb = noun.head
    if noun.dep_ != "dobj" or word.i != verb.i + 1:
        return
    noun.head, noun.dep_ = word, "pobj"
    word.head, word.dep_, word.pos_, word.tag_ = verb, "prep", "ADP", "IN"


def _behind_apposition(verb: Token) -> None:
    """Mend 'Qatar, the mediator, hosted talks' parsed as a list of nouns without a verb.

    A participle after the comma that ends an apposition is the verb of the noun that opens
    the sentence, and what it seemed to modify is its object.
    """
    noun = verb.head
    subject, apposed = noun, False
    while subject.head.i != subject.i:
        if subject.dep_ not in {"appos", "conj", "nmod", "dep", "amod"}:
            return
        apposed = apposed or subject.dep_ in {"appos", "nmod"}
        subject = subject.head
    commas = [t.i for t in verb.doc[subject.i : verb.i] if t.text == ","]
    opens = subject.i < verb.i and subject.pos_ in {"NOUN", "PROPN"}
    if not opens or not apposed or len(commas) < 2 or commas[0] != subject.i + 1:
        return
    if any(child.dep_ == "cop" or child.pos_ == "AUX" for child in subject.children):
        return
    described = [child for child in noun.children if child.i < verb.i]
    after = [child for child in subject.children if child.i > noun.i and child.dep_ == "punct"]
    verb.tag_, verb.pos_ = "VBD", "VERB"
    verb.head, verb.dep_ = verb, "ROOT"
    noun.head, noun.dep_ = verb, "dobj"
    subject.head, subject.dep_ = verb, "nsubj"
    for child in described:
        child.head = subject
    for child in after:
        child.head = verb


def _of_charge(gerund: Token, charging: frozenset[str]) -> None:
    """Mend 'accused its neighbour Chad of arming …' with 'of' hung on the one accused.

    'Charged with spying', the gerund parsed as a noun, becomes a clause.
    """
    preposition = gerund.head
    if preposition.lower_ not in CHARGED:
        return
    noun = preposition.head
    if noun.pos_ == "VERB" and noun.lemma_.lower() in charging:
        gerund.dep_ = "pcomp"
        return
    verb = noun
    while verb.dep_ in {"appos", "conj", "dobj", "nsubjpass"} and verb.head.i < verb.i:
        verb = verb.head
    if verb.i != noun.i and verb.pos_ == "VERB" and verb.lemma_.lower() in charging:
        preposition.head, gerund.dep_ = verb, "pcomp"


def repair(doc: Doc, charging: frozenset[str] = frozenset()) -> None:
    """Mend, in place, slips of small parsers, such as a past tense parsed as an adjective.

    ``charging`` are the verbs after which 'of', 'with' or 'for' tells of what one is accused.

    'The Swiss government hosted talks' comes out with 'talks' as root and 'hosted' as its
    modifier. A finite past tense (VBD) never modifies a noun: it becomes the verb of the
    clause, the noun its object, and the nearest noun before it its subject.
    """
    for verb in doc:
        if verb.tag_ == "VBN" and verb.dep_ == "ROOT":
            _reduce(verb)
        elif verb.dep_ == "amod" and verb.lower_ == "outside":
            _place_word(verb)
        elif verb.tag_ == "VBG" and verb.dep_ in {"pcomp", "pobj"}:
            _of_charge(verb, charging)
        if verb.dep_ != "amod" or verb.head.i <= verb.i:
            continue
        if verb.tag_ == "VBN" and verb.i and verb.nbor(-1).text == ",":
            _behind_apposition(verb)
            continue
        if verb.tag_ != "VBD":
            continue
        noun = verb.head
        if noun.head.i != noun.i:
            continue
        before = [child for child in noun.children if child.i < verb.i]
        nominal = [child for child in verb.children if child.dep_ == "nsubj"] or [
            child for child in before if child.pos_ in {"NOUN", "PROPN", "PRON"}
        ]
        if not nominal:
            continue
        subject = nominal[-1]
        verb.head, verb.dep_ = verb, "ROOT"
        noun.head, noun.dep_ = verb, "dobj"
        subject.head, subject.dep_ = verb, "nsubj"
        for child in before:
            if child.i != subject.i:
                child.head = subject if child.dep_ in {"det", "amod", "poss", "compound"} else verb
        for child in list(noun.children):
            if child.dep_ in {"punct", "parataxis", "advcl"} and child.i > noun.i:
                child.head = verb


def within(tokens: Iterable[Token], tree: Tree, lemmas: frozenset[str]) -> Token | None:
    """Return the first of ``tokens`` whose lemma is in ``lemmas``."""
    for token in tokens:
        if tree.lemma(token) in lemmas:
            return token
    return None


def joining_word(doc: Doc, first: Span, second: Span) -> Token | None:
    """Return the word by which the parse joins two stretches of ``doc`` (character offsets).

    It is where their ways up the tree meet; if one stands over the other, it is the topmost
    verb on the way between them, or else the verb above both. ``None`` if a stretch has no
    token or the two lie in different trees.
    """
    roots = [doc.char_span(s.start, s.end, alignment_mode="expand") for s in (first, second)]
    if roots[0] is None or roots[1] is None:
        return None
    one, other = roots[0].root, roots[1].root
    ways = [one, *one.ancestors], [other, *other.ancestors]
    places = {token.i for token in ways[1]}
    meeting = next((token for token in ways[0] if token.i in places), None)
    if meeting is None or meeting.i not in (one.i, other.i):
        return meeting
    longer = max(ways, key=len)
    between = longer[: next(k for k, token in enumerate(longer) if token.i == meeting.i)]
    verbs = [token for token in between if token.pos_ in VERBS]
    if verbs:
        return verbs[-1]
    return next((token for token in meeting.ancestors if token.pos_ in VERBS), meeting)
