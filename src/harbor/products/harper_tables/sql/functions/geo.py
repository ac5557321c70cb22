"""Geometries of GeoJSON: coordinates are [longitude, latitude], lengths are on a sphere, shapes are cut in the plane.

As in turf.js, which Harper uses. A value that is no geometry gives nothing, and false where the answer is yes or no.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.functions.libraries import library
from harbor.products.harper_tables.sql.functions.model import function
from harbor.products.harper_tables.sql.operators import NOTHING, neat, to_number, to_text

_RADIUS_M = 6_371_008.8
_UNITS_PER_RADIAN = {
    "radians": 1.0,
    "degrees": 180 / math.pi,
    "kilometers": _RADIUS_M / 1_000,
    "miles": _RADIUS_M / 1_609.344,
    "meters": _RADIUS_M,
}
_STEPS = 64
_POSITIONS_MAX = 20_000
_TYPES = {
    each.lower(): each for each in ("Point", "LineString", "MultiLineString", "MultiPoint", "MultiPolygon", "Polygon")
}

Position = tuple[float, float]


def _value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (ValueError, RecursionError):
        return None


def _geometry(value: Any) -> dict[str, Any] | None:
    """The geometry of a value: of a feature its own, of bare coordinates a point."""
    value = _value(value)
    if isinstance(value, list):
        return {"type": "Point", "coordinates": value} if _position(value) is not None else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or value.get("type") not in _TYPES.values():
        return None
    return value if sum(1 for _ in _positions(value.get("coordinates"))) <= _POSITIONS_MAX else None


def _position(value: Any) -> Position | None:
    if not isinstance(value, list) or len(value) < 2:
        return None
    x, y = value[:2]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (x, y)):
        return None
    return (x, y) if abs(x) < 1e9 and abs(y) < 1e9 else None


def _positions(coordinates: Any) -> Iterator[Position]:
    if (one := _position(coordinates)) is not None:
        yield one
    elif isinstance(coordinates, list):
        for each in coordinates:
            yield from _positions(each)


def _point(value: Any) -> Position | None:
    geometry = _geometry(value)
    if geometry is None or geometry["type"] != "Point":
        return None
    return _position(geometry.get("coordinates"))


def _unit(name: Any) -> float:
    found = _UNITS_PER_RADIAN.get(to_text(name).lower())
    if found is None:
        raise wrong(f"A unit is one of degrees, radians, miles, kilometers; not '{to_text(name)[:30]}'.")
    return found


def _angle(a: Position, b: Position) -> float:
    """The angle between two positions in radians (haversine)."""
    (x1, y1), (x2, y2) = a, b
    latitude, longitude = math.radians(y2 - y1), math.radians(x2 - x1)
    chord = math.sin(latitude / 2) ** 2 + math.sin(longitude / 2) ** 2 * math.cos(math.radians(y1)) * math.cos(
        math.radians(y2)
    )
    return 2 * math.atan2(math.sqrt(chord), math.sqrt(max(0.0, 1 - chord)))


def _distance(a: Any, b: Any, unit: Any = "kilometers") -> Any:
    first, second = _point(a), _point(b)
    return NOTHING if first is None or second is None else neat(_angle(first, second) * _unit(unit))


def _near(a: Any, b: Any, most: Any, unit: Any = "kilometers") -> bool:
    distance, limit = _distance(a, b, unit), to_number(most)
    return bool(distance == distance and limit is not None and distance <= limit)


def _length(value: Any, unit: Any = "kilometers") -> Any:
    geometry = _geometry(value)
    if geometry is None:
        return NOTHING
    lines = [list(_positions(line)) for line in _lines(geometry)]
    return neat(sum(_angle(a, b) for line in lines for a, b in pairwise(line)) * _unit(unit))


def _lines(geometry: dict[str, Any]) -> list[Any]:
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        return []
    if geometry["type"] == "LineString":
        return [coordinates]
    if geometry["type"] in ("MultiLineString", "Polygon"):
        return coordinates
    if geometry["type"] == "MultiPolygon":
        return [ring for polygon in coordinates if isinstance(polygon, list) for ring in polygon]
    return []


def _area(value: Any) -> Any:
    geometry = _geometry(value)
    if geometry is None:
        return NOTHING
    coordinates = geometry.get("coordinates")
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry["type"], [])
    total = 0.0
    for polygon in polygons if isinstance(polygons, list) else ():
        for place, ring in enumerate(polygon if isinstance(polygon, list) else ()):
            area = abs(_ring_area(list(_positions(ring))))
            total += area if place == 0 else -area
    return neat(total)


def _ring_area(ring: list[Position]) -> float:
    """Square metres within a ring (Chamberlain and Duquette, "Some algorithms for polygons on a sphere")."""
    if len(ring) <= 2:
        return 0.0
    ring = ring[:-1] if ring[0] == ring[-1] else ring
    total = 0.0
    for place, (_, middle) in enumerate(ring):
        before, after = ring[place - 1], ring[(place + 1) % len(ring)]
        total += math.radians(after[0] - before[0]) * math.sin(math.radians(middle))
    return total * _RADIUS_M * _RADIUS_M / 2


def _circle(center: Any, radius: Any, unit: Any = "kilometers") -> Any:
    point, size = _point(center), to_number(radius)
    if point is None or size != size:
        return NOTHING
    ring = [_destination(point, size / _unit(unit), -360 * step / _STEPS) for step in range(_STEPS)]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}


def _destination(start: Position, angle: float, bearing: float) -> list[float]:
    x, y, towards = math.radians(start[0]), math.radians(start[1]), math.radians(bearing)
    sine = math.sin(y) * math.cos(angle) + math.cos(y) * math.sin(angle) * math.cos(towards)
    latitude = math.asin(max(-1.0, min(1.0, sine)))
    longitude = x + math.atan2(
        math.sin(towards) * math.sin(angle) * math.cos(y), math.cos(angle) - math.sin(y) * math.sin(latitude)
    )
    return [math.degrees(longitude), math.degrees(latitude)]


def _shape(value: Any) -> Any:
    """The value as a shape of the plane; None if it is none."""
    geometry = _geometry(value)
    if geometry is None:
        return None
    shapely = library("shapely")
    try:
        shape = library("shapely.geometry").shape(geometry)
        return shape if shape.is_valid else shapely.make_valid(shape)
    except Exception:  # coordinates that fit no shape are refused in many ways
        return None


def _on_shapes(run: Callable[[Any, Any], Any], otherwise: Any) -> Callable[[Any, Any], Any]:
    def wrapped(a: Any, b: Any) -> Any:
        first, second = _shape(a), _shape(b)
        return otherwise if first is None or second is None else run(first, second)

    return wrapped


def _difference(a: Any, b: Any) -> Any:
    rest = a.difference(b)
    if rest.is_empty:
        return None
    geometry = msgspec.json.decode(msgspec.json.encode(library("shapely.geometry").mapping(rest)))
    return {"type": "Feature", "properties": {}, "geometry": geometry}


def _equal(a: Any, b: Any) -> bool:
    first, second = _geometry(a), _geometry(b)
    return first is not None and second is not None and _rounded(first) == _rounded(second)


def _rounded(geometry: dict[str, Any]) -> Any:
    # Six digits after the point are a tenth of a metre, and what turf.js compares.
    places = [(round(x, 6), round(y, 6)) for x, y in _positions(geometry.get("coordinates"))]
    return geometry["type"], places


def _convert(coordinates: Any, kind: Any, properties: Any = None) -> Any:
    type_ = _TYPES.get(to_text(kind).lower())
    value = _value(coordinates)
    if type_ is None or not isinstance(value, list):
        return NOTHING
    named = _value(properties)
    return {
        "type": "Feature",
        "properties": named if isinstance(named, dict) else {},
        "geometry": {"type": type_, "coordinates": value},
    }


FUNCTIONS = {
    "GEOAREA": function(_area, 1, takes_null=True),
    "GEOLENGTH": function(_length, 1, 2, takes_null=True),
    "GEODISTANCE": function(_distance, 2, 3, takes_null=True),
    "GEONEAR": function(_near, 3, 4, takes_null=True),
    "GEOCONTAINS": function(_on_shapes(lambda a, b: bool(a.covers(b)), False), 2, takes_null=True),
    "GEODIFFERENCE": function(_on_shapes(_difference, NOTHING), 2, takes_null=True),
    "GEOEQUAL": function(_equal, 2, takes_null=True),
    "GEOCROSSES": function(_on_shapes(lambda a, b: bool(a.intersects(b)), False), 2, takes_null=True),
    "GEOCONVERT": function(_convert, 2, 3, takes_null=True),
    "GEOCIRCLE": function(_circle, 2, 3, takes_null=True),
}
