"""The gallery as a text, without a server: what a browser gets, and what its answers look like."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harbor import console
from harbor.console import gallery
from harbor.kernel.clock import iso_ms

FOLDER = Path(console.__file__).parent
NOW = datetime(2026, 5, 25, 12, 30, tzinfo=UTC)
_PERSON = {"name": "Ada Lovelace", "email": "ada@example.com", "role": "owner"}

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(asset=lambda name: f"/console/static/v/{name}", base="/console", iso=iso_ms)


def page(template: str = "gallery.html", **more: Any) -> str:
    """A page with the layout around it."""
    links = [{"label": word, "href": "/console/x", "is_current": word == "All"} for word in ("Live", "All")]
    around = {
        "page": {"title": "Gallery", "section": "Events", "trail": [("Webhooks", "/console/x")]},
        "nav": [{"label": "Events", "icon": "events", "links": links}],
        "environment": "sandbox",
        "environments": [(name, f"/console/{name}") for name in ("sandbox", "production")],
        "workspaces": [(f"ws_{number}", f"Team {number}", "/console/x", number == 0) for number in range(9)],
        "person": _PERSON,
        "organization": "Analytical Engines",
        "csrf": "first-token",
        "notice": None,
        "banners": [],
        "here": "/console/gallery",
    }
    return _templates.get_template(template).render({**around, **gallery.context(NOW), **more})


def part(source: str, **context: Any) -> str:
    """One part: the source of a template in which the parts are `ui`."""
    head = '{% import "parts.html" as ui with context %}'
    return _templates.from_string(head + source).render({"csrf": "first-token", **context})


def refusal(message: str, *, field: str = "", code: str = "invalid", status: int = 422) -> str:
    """The page of an error."""
    told = {"message": message, "field": field, "code": code, "status": status}
    return page("error.html", **told, details=(), request_id="req_1", retry_after_s=None)
