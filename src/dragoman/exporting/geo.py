"""Events on the map: GeoJSON (RFC 7946) and GeoParquet 1.1.

Only what has a point is there: countries, divisions and regions are never made one. A
happening comes once, with its status.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa

from dragoman.exporting.formats import Column, Format
from dragoman.exporting.selecting import Row, Source
from dragoman.exporting.tables import COLUMNS, json_value, record, schema, write_parquet

_GEOMETRY = Column("geometry", "string", "point, WGS 84 longitude and latitude")
_HOLDS = "what has a point (sites and towns), a happening once"
_WKB_POINT = struct.Struct("<BIdd")


def _placed(source: Source) -> Iterator[Row]:
    for row in source.rows():
        if not row.is_lead:
            source.left_out["told by an earlier report"] += 1
        elif row.latitude is None or row.longitude is None:
            source.left_out["no point"] += 1
        else:
            yield row


def geojson(source: Source, file: IO[bytes]) -> int:
    """Write a FeatureCollection: one Point per happening, its columns as properties."""
    file.write(b'{"type":"FeatureCollection","features":[')
    count = 0
    for row in _placed(source):
        properties = {name: json_value(value) for name, value in record(row).items()}
        feature = {
            "type": "Feature",
            "id": row.id,
            "geometry": {"type": "Point", "coordinates": [row.longitude, row.latitude]},
            "properties": properties,
        }
        file.write(b",\n" if count else b"\n")
        file.write(json.dumps(feature, ensure_ascii=False).encode())
        count += 1
    file.write(b"\n]}\n")
    return count


def geoparquet(source: Source, file: IO[bytes]) -> int:
    """Write Parquet with the ``geo`` metadata and a WKB point per happening."""
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"]}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    layout = schema().append(pa.field("geometry", pa.binary()))
    layout = layout.with_metadata({"geo": json.dumps(geo)})
    rows = (
        {**record(row), "geometry": _WKB_POINT.pack(1, 1, row.longitude, row.latitude)}
        for row in _placed(source)
    )
    return write_parquet(rows, layout, file)


FORMATS = (
    Format(
        "geojson",
        ".geojson",
        "application/geo+json",
        "points, RFC 7946",
        geojson,
        COLUMNS,
        holds=_HOLDS,
    ),
    Format(
        "geoparquet",
        ".parquet",
        "application/vnd.apache.parquet",
        "points, GeoParquet 1.1",
        geoparquet,
        (*COLUMNS, _GEOMETRY),
        holds=_HOLDS,
    ),
)
