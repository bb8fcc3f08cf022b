"""Charts as SVG without script or style: what they look like is in charts.css."""
