"""Fill and tend an archive: ingest, code anew, compare runs, watch feeds."""

from dragoman.archive.ingesting import Ingest, Summary

__all__ = ["Ingest", "Summary"]
