"""Exports on the wire: to a folder of this machine, to a store. Source: docs/products/harper.md#exports.

What is wrong with a request is told by its job, as the original does.
"""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops import s3_place, service
from harbor.products.harper_tables.jobs_ops.export_asked import Asked, s3_missing
from harbor.products.harper_tables.jobs_ops.loads_api import GROUP, started
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.values import to_text

_NO_TEXT = "?"


def export_local(call: Call, body: Fields) -> dict[str, Any]:
    """Write what a search finds to a file of this machine."""
    asked = _asked(body, path=_text(body.raw("path")), filename=_text(body.raw("filename")))
    return started(service.export(call, "export_local", asked.kept()))


def export_to_s3(call: Call, body: Fields) -> dict[str, Any]:
    """Write what a search finds to an object in a store."""
    s3 = body.raw("s3")
    s3 = s3 if isinstance(s3, dict) else {}
    place: s3_place.Place | str | None = None
    if not (fault := s3_missing(s3)):
        place = s3_place.place_of(s3, f".{_text(body.raw('format')) or ''}")
        fault = place if isinstance(place, str) else ""
    kept = place.kept() if isinstance(place, s3_place.Place) else None
    asked = _asked(body, fault=fault, place=kept)
    return started(service.export(call, "export_to_s3", asked.kept(), None if kept is None else s3_place.keys_of(s3)))


def _asked(body: Fields, **target: Any) -> Asked:
    search = body.raw("search_operation")
    return Asked(
        format=_text(body.raw("format")),
        search=to_text(search) if isinstance(search, dict) else None,
        **target,
    )


def _text(value: object) -> str | None:
    """A field that the job looks at; what is no text is none that it accepts."""
    return value if value is None or isinstance(value, str) else _NO_TEXT


OPERATIONS = (
    Operation(
        name="export_local",
        handler=export_local,
        only="export_local",
        writes=True,
        group=GROUP,
        summary="Write what a search finds to a file of this machine",
    ),
    Operation(
        name="export_to_s3",
        handler=export_to_s3,
        only="export_to_s3",
        writes=True,
        group=GROUP,
        summary="Write what a search finds to an object in a store",
    ),
)
