"""Charts as SVG, made on the server: no script, no style in them.

What they look like is in ``charts.css`` beside this module, for light and dark; a page
links it and puts each chart in a box of class ``chart-box`` (``figure`` does). Each
chart has a title and a description, and a table with the same data.
"""

from dragoman.charts.calendar_chart import calendar_chart, calendar_table
from dragoman.charts.map_chart import map_chart, map_table, points_table
from dragoman.charts.network_chart import network_chart, network_table
from dragoman.charts.series_chart import series_chart, series_table
from dragoman.charts.svg import DataTable, figure, table_html

__all__ = [
    "DataTable",
    "calendar_chart",
    "calendar_table",
    "figure",
    "map_chart",
    "map_table",
    "network_chart",
    "network_table",
    "points_table",
    "series_chart",
    "series_table",
    "table_html",
]
