"""Whose an office or a group is where its own words name no country: the report tells.

'Protesters in Lomé ... the president ... soldiers': every country that the report names is
weighed by the signs of ``codebook/homes.toml``, and so is 'none of them'.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dragoman.codebook.homes import load_homes
from dragoman.resolving.actor_parts import NOUNS, PLURAL_TAGS, SUBJECTS, RoleWords, singular
from dragoman.resolving.actor_phrases import ActorPhrases
from dragoman.schema import Span

#: What leads from a name to the head of the phrase that it stands in.
_WITHIN = frozenset({"amod", "compound", "nmod", "poss", "conj", "appos", "pobj", "prep"})


@dataclass(frozen=True, slots=True)
class _Named:
    """A country that the report names: by itself, or by a place in it."""

    country: str
    index: int
    last: int
    place: bool


@dataclass(frozen=True, slots=True)
class _Owned:
    """An office or a group that names its country."""

    country: str
    index: int
    word: str


def likeliest(logits: Mapping[str, float], none: float) -> tuple[str, float]:
    """Return the country with the highest logit, and its probability (0 to 1).

    Only the next country and ``none`` of them count beside it. ``logits`` must not be empty.
    """
    best = max(logits, key=lambda code: logits[code])
    others = sorted((v for code, v in logits.items() if code != best), reverse=True)
    return best, 1 / (1 + sum(math.exp(v - logits[best]) for v in (none, *others[:1])))


class ActorHomes(ActorPhrases):
    """Tell the country of offices and groups that name none."""

    def told_country(self, index: int, role: RoleWords, sector: str | None) -> str | None:
        """Return the likeliest country (ISO alpha-3) of the role that ends at token ``index``.

        ``None`` if neither the report nor its dateline names a country, or if none is likely
        enough beside the next and beside none of them; many names make it no less sure.
        """
        weights = load_homes()
        signs = self.home_signs(index, role)
        if not signs or role.role.word in weights.elsewhere:
            return None
        logits = {
            code: sum(weights.country[sign] * value for sign, value in found.items())
            for code, found in signs.items()
        }
        none = sum(
            weights.none[sign] * value
            for sign, value in self.homeless_signs(index, role, sector).items()
        )
        best, probability = likeliest(logits, none)
        return best if probability >= weights.least else None

    def role_at(self, span: Span) -> tuple[int, RoleWords] | None:
        """Return the last token and the words of the last role in a part of the text."""
        for index in range(bisect_right(self._end, span.end) - 1, -1, -1):
            if self._begin[index] < span.start:
                break
            role = self._role[index]
            if (
                role is not None
                and role.last == index + 1
                and span.start <= self._begin[role.first]
            ):
                return index, role
        return None

    def home_signs(self, index: int, role: RoleWords) -> dict[str, dict[str, float]]:
        """Return what speaks for each country that the report names, for ``told_country``."""
        here = self._sentence[index]
        scenes = self._scenes.get(here, frozenset()) if here > self._lead else frozenset()
        recent, recent_place = self._last_before(index)
        word = singular(role.role.word)
        owned = Counter[str]()
        same_role = set[str]()
        for other in self._owned_roles:
            if other.index >= index:
                break
            owned[other.country] += 1
            if other.word == word:
                same_role.add(other.country)
        return {
            code: {
                **signs,
                "scene": code in scenes,
                "recent": code == recent,
                "recent_place": code == recent_place,
                "owned": math.log1p(owned[code]),
                "same_role": code in same_role,
            }
            for code, signs in self._lasting_signs.items()
        }

    @cached_property
    def _lasting_signs(self) -> dict[str, dict[str, float]]:
        """Return what speaks for each country wherever in the report a role stands."""
        named = self._named_countries
        often = Counter(n.country for n in named)
        if self._dateline is not None and self._dateline not in often:
            often[self._dateline] = 1
        total = sum(often.values())
        lead = {n.country for n in named if self._sentence[n.index] == self._lead}
        first = named[0].country if named else self._dateline
        return {
            code: {
                "lead": code in lead or code == self._dateline,
                "lead_subject": code in self._lead_subjects,
                "first": code == first,
                "only": len(often) == 1,
                "share": math.log(count / total),
            }
            for code, count in often.items()
        }

    @cached_property
    def _scenes(self) -> dict[int, frozenset[str]]:
        """Return the countries in which the places lie that a sentence names."""
        found = defaultdict[int, set[str]](set)
        for named in self._named_countries:
            if named.place:
                found[self._sentence[named.index]].add(named.country)
        return {sentence: frozenset(codes) for sentence, codes in found.items()}

    def _last_before(self, index: int) -> tuple[str | None, str | None]:
        """Return the country that is named last before a token, and that of the last place."""
        named = self._named_countries
        end = bisect_left(named, index, key=lambda n: n.index)
        place = next((n.country for n in reversed(named[:end]) if n.place), None)
        return (named[end - 1].country if end else None), place

    def homeless_signs(self, index: int, role: RoleWords, sector: str | None) -> dict[str, float]:
        """Return what speaks for no country, for ``told_country``."""
        phrase = self._phrase(role.first, index)
        return {
            "always": True,
            "plural": self._tokens[index].tag_ in PLURAL_TAGS,
            "neutral": role.role.neutral,
            "indefinite": phrase.indefinite or phrase.elsewhere,
            "several": phrase.count is not None and phrase.definite,
            "abroad": role.role.word in load_homes().abroad or sector == "NGO",
        }

    @cached_property
    def _lead(self) -> int:
        """Return the number of the first sentence with a verb: a dateline has none."""
        verbs = (i for i, pos in enumerate(self._pos) if pos in {"VERB", "AUX"})
        first = next(verbs, None)
        return self._sentence[first] if first is not None else 0

    @cached_property
    def _named_countries(self) -> tuple[_Named, ...]:
        """Return the countries that the report names and the places that lie in one."""
        return tuple(sorted(self._names_and_places(), key=lambda named: named.index))

    def _names_and_places(self) -> Iterator[_Named]:
        for mention in {m.first: m for m in self._mention if m is not None}.values():
            code, last = mention.names[0].country, mention.last - 1
            if code in self._tables.countries and not self._only_described(mention):
                yield _Named(code, mention.first, last, self.is_place_use(self._tokens[last]))
        index = 0
        while index < len(self._tokens):
            place = self._unlisted_place(index)
            if place is None:
                index += 1
                continue
            first, last, country = place
            yield _Named(country, first, last - 1, True)
            index = last

    @cached_property
    def _owned_roles(self) -> tuple[_Owned, ...]:
        """Return the offices and groups with a country before them, in text order."""
        out = []
        for index, role in enumerate(self._role):
            if role is None or role.last != index + 1:
                continue
            phrase = self._phrase(role.first, index)
            owners = [owner.country for owner in phrase.owners]
            if phrase.possessor is not None:
                mention = self._mention[phrase.possessor.i]
                owners += [mention.names[0].country] if mention is not None else []
            word = singular(role.role.word)
            out += [_Owned(c, index, word) for c in owners if c in self._tables.countries]
        return tuple(out)

    @cached_property
    def _lead_subjects(self) -> frozenset[str]:
        """Return the countries in the subject of the first sentence's main verb."""
        return frozenset(
            named.country
            for named in self._named_countries
            if self._sentence[named.index] == self._lead
            and self._dep[subject := self._phrase_head(named.last)] in SUBJECTS
            and self._dep[self._head[subject]] == "ROOT"
        )

    def _phrase_head(self, index: int) -> int:
        """Return the head of the largest phrase around a token that no verb cuts."""
        while self._dep[index] in _WITHIN and self._pos[self._head[index]] in {*NOUNS, "ADP"}:
            index = self._head[index]
        return index
