"""Code a large archive in many processes, on one machine or on a Ray cluster.

The way of a report: ``shards`` cuts the sources up; an engine (``processes`` or
``ray_engine``) hands shards to workers; a worker (``work``) codes one shard into one
Parquet file; the driver (``running``) restarts what died and writes down in the
``manifest`` what is done; ``loading`` puts it all into a store.

Ray is imported only by ``ray_engine``.
"""

from dragoman.scaling.loading import Loaded, load
from dragoman.scaling.manifest import Manifest
from dragoman.scaling.running import Summary, code_sources
from dragoman.scaling.settings import Settings

__all__ = ["Loaded", "Manifest", "Settings", "Summary", "code_sources", "load"]
