"""According to whom: the speakers over a clause, nested, the publisher as last resort."""

from __future__ import annotations

from spacy.tokens import Token

from dragoman.codebook.words import StatusWords
from dragoman.coding.arguments import Arguments
from dragoman.coding.syntax import Tree
from dragoman.schema import Attribution, Span


def token_span(first: Token, last: Token | None = None) -> Span:
    """Return the span of a token, or from one token to another, both included."""
    end = last if last is not None else first
    return Span(first.idx, end.idx + len(end.text))


class AttributionReader:
    """Climb from a clause to the verbs of saying over it."""

    def __init__(self, words: StatusWords) -> None:
        self._words = words

    def read(
        self, verb: Token, tree: Tree, arguments: Arguments, publisher: str | None
    ) -> Attribution:
        """Return who stands behind the clause of ``verb``; outermost speaker first."""
        chain: list[Attribution] = []
        current = verb
        for _ in range(12):
            dep, head = tree.deps[current.i], current.head
            if head.i == current.i:
                break
            if dep in {"ccomp", "parataxis"} and tree.lemma(head) in self._words.speech:
                chain.append(self._spoken(head, tree, arguments, publisher))
            elif dep == "pcomp" and tree.lemma(head.head) in {"accuse", "suspect", "blame"}:
                chain.append(self._spoken(head.head, tree, arguments, publisher))
            current = head
        else:
            current = verb
        for child in tree.children[current.i]:
            if (
                tree.deps[child.i] in {"parataxis", "ccomp"}
                and child.i > verb.i
                and tree.lemma(child) in self._words.speech
                and not any(child.i == link.i for link in (verb,))
                and tree.kids(child, "nsubj")
                and not tree.kids(child, "ccomp")
            ):
                chain.append(self._spoken(child, tree, arguments, publisher))
        source = self._according(verb, tree, arguments, publisher)
        if source is not None:
            chain.append(source)
        if not chain:
            return Attribution(kind="reported", publisher=publisher, rule="publisher")
        result: Attribution | None = None
        for link in chain:  # innermost first
            result = Attribution(
                kind=link.kind,
                speakers=link.speakers,
                publisher=publisher,
                span=link.span,
                rule=link.rule,
                inner=result,
            )
        assert result is not None
        return result

    def _spoken(
        self, verb: Token, tree: Tree, arguments: Arguments, publisher: str | None
    ) -> Attribution:
        return Attribution(
            kind=self._words.speech.get(tree.lemma(verb), "said"),
            speakers=arguments.subject(verb),
            publisher=publisher,
            span=token_span(verb),
            rule=f"speech-verb '{tree.lemma(verb)}'",
        )

    def _according(
        self, verb: Token, tree: Tree, arguments: Arguments, publisher: str | None
    ) -> Attribution | None:
        sentence = verb.sent
        for token in sentence:
            if token.lower_ != "according":
                continue
            for name in ("to",):
                targets = tree.prepositions(token, name, 1)
                if targets:
                    return Attribution(
                        kind="according to",
                        speakers=arguments.of_or_owner(targets),
                        publisher=publisher,
                        span=token_span(token, targets[0]),
                        rule="according-to",
                    )
        return None
