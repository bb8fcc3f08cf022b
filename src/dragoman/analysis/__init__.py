"""What an analyst asks of a store: series, agenda, dossiers, networks, places, news.

Every function is pure: it reads the views of a store through a DuckDB connection or
cursor (``Store.cursor()``), with bound parameters, and returns frozen dataclasses. None of
them writes, prints or caches. Days are calendar days without a time zone, as in
``dragoman.schema``; countries and organisations are the codebook's codes.
"""

from dragoman.analysis.rows import Connection, EventRow, Period, Step

__all__ = ["Connection", "EventRow", "Period", "Step"]
