"""Print the number of rows in each row group of a Parquet file, as JSON.

It is called in a process of its own, since the file may be hostile.
"""

from __future__ import annotations

import json
import sys

import pyarrow.parquet as pq

from dragoman.ingest.streams import open_location


def main(location: str) -> None:
    """Print the row groups of the file at ``location``."""
    with open_location(location) as stream:
        metadata = pq.ParquetFile(stream).metadata
        print(json.dumps([metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]))


if __name__ == "__main__":
    main(sys.argv[1])
