"""Which side of the report a time lies on, from the tense of the verb that governs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spacy.tokens import Doc, Token

__all__ = ["Tense"]


class Tense:
    """Reads tenses with the word lists of ``times.toml``'s table ``tense``."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._tense: dict[str, frozenset[str]] = {
            key: frozenset(listed) for key, listed in words.items()
        }
        self.counted_nouns = self._tense["counted_nouns"]

    def side(self, doc: Doc, token: Token, parsed: bool) -> tuple[bool | None, bool, bool]:
        """The side of the anchor that the governing verb points to; if perfect; if present."""
        if not parsed:
            return self._side_by_words(doc, token), False, False
        node = token
        for _ in range(12):
            if node.pos_ in ("VERB", "AUX") and node.i != token.i:
                break
            if any(child.lower_ in self._tense["future_adjectives"] for child in node.children):
                return True, False, False
            if node.lower_ in self._tense["future_adjectives"] and node.i != token.i:
                return True, False, False
            if node.head.i == node.i:
                return None, False, False
            node = node.head
        auxiliaries = {child.lemma_.lower() for child in node.children if child.dep_ == "aux"}
        perfect = "have" in auxiliaries and node.tag_ in ("VBN", "VBG")
        words = {child.lower_ for child in node.children if child.dep_ == "aux"}
        present = perfect and bool(words & {"has", "have", "'ve", "’ve", "'s"})
        return self._verb_side(node, 0), perfect, present

    def _verb_side(self, verb: Token, depth: int) -> bool | None:
        words = self._tense
        if depth > 6:
            return None
        aux = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
        lemmas = {child.lemma_.lower() for child in aux} | {child.lower_ for child in aux}
        if "have" in lemmas and not lemmas & {"will", "'ll"}:
            return False
        if lemmas & words["future_auxiliaries"]:
            return True
        if verb.tag_ == "VBN" and verb.lemma_.lower() in words["future_participles"]:
            return True
        if any(child.lower_ == "due" for child in verb.children):
            return True
        head = verb.head
        if "to" in lemmas:
            if verb.dep_ == "xcomp" and head.i != verb.i:
                lemma = head.lemma_.lower()
                if lemma == "be" or lemma not in words["implicative_verbs"]:
                    return True
                return self._verb_side(head, depth + 1) if lemma != "go" else True
            if verb.dep_ == "advcl" and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            if verb.dep_ == "conj" and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            return True
        tag = verb.tag_
        if any(child.tag_ == "VBD" for child in aux):
            return False
        if tag == "VBD":
            return False
        present_aux = any(
            child.tag_ in ("VBZ", "VBP") and child.lemma_.lower() == "be" for child in aux
        )
        if tag == "VBG" and present_aux:
            return True
        if tag in ("VB", "VBG") and not aux and head.i != verb.i:
            if head.pos_ in ("VERB", "AUX"):
                return self._verb_side(head, depth + 1)
            return self._up(head, depth + 1)
        if tag == "VBN":
            if verb.dep_ == "conj" and not aux and head.i != verb.i:
                return self._verb_side(head, depth + 1)
            return None if present_aux else False
        if tag in ("VBZ", "VBP"):
            lemma = verb.lemma_.lower()
            if lemma in words["reporting_verbs"]:
                return False
            if lemma in words["timetable_verbs"]:
                return True
        return None

    def _up(self, node: Token, depth: int) -> bool | None:
        for _ in range(8):
            if node.pos_ in ("VERB", "AUX"):
                return self._verb_side(node, depth)
            if node.head.i == node.i:
                return None
            node = node.head
        return None

    def _side_by_words(self, doc: Doc, token: Token) -> bool | None:
        """Without a parse: a future auxiliary shortly before, in the same sentence."""
        for index in range(token.i - 1, max(-1, token.i - 15), -1):
            word = doc[index].lower_
            if word in ".!?;":
                return None
            if word in self._tense["future_auxiliaries"] or word in (
                "scheduled",
                "due",
                "upcoming",
            ):
                return word != "may" or doc[index].text == "may"
        return None
