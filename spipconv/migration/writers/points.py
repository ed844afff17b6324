"""The points of a site as GeoJSON (RFC 7946), which programs for maps read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from msgspec import Struct

from spipconv.migration.pages.page import PageLink, Point


class PlacedPoint(Struct, frozen=True):
    """A point with its postal address in one line, and the pages that it belongs to."""

    point: Point
    street: str
    pages: tuple[PageLink, ...]


def point_lines(points: Iterable[PlacedPoint]) -> Iterator[str]:
    """Yield the lines of a collection of points, one a line."""
    yield '{"type":"FeatureCollection","features":[\n'
    separator = ""
    for placed in points:
        point = placed.point
        facts = {
            "id": point.number,
            "title": point.title,
            "description": point.description,
            "address": placed.street,
            "zoom": point.zoom,
            "pages": [{"title": page.title, "address": page.address} for page in placed.pages],
        }
        feature = {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [point.longitude, point.latitude]},
            "properties": {name: value for name, value in facts.items() if value},
        }
        yield separator + json.dumps(feature, separators=(",", ":"))
        separator = ",\n"
    yield "\n]}\n"
