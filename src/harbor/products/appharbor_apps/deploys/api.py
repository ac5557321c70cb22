"""Releases on the wire, and the way back to one. Source: docs/products/appharbor.md#releases."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Route
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.deploys import service
from harbor.products.appharbor_apps.deploys.model import Release
from harbor.products.appharbor_apps.telling import number_of


def index(call: Call, slug: str) -> list[Release]:
    """The newest releases."""
    return service.listing(call, slug)


def rollback(call: Call, slug: str, number: str) -> None:
    """Go back to a release, with the variables that it had."""
    service.rollback(call, slug, number_of(number))


def show(release: Release) -> dict[str, Any]:
    """A release without its variables."""
    return {
        "number": release.number,
        "build": str(release.build_id),
        "reason": release.reason.value,
        "state": release.state.value,
        "created": release.created_at,
        "finished": release.finished_at,
    }


_ALL = "/applications/{slug}/releases"
ROUTES = (
    Route("releases.list", "GET", _ALL, index, show=show, scope=READ, summary="List releases, the newest first"),
    Route(
        "releases.rollback",
        "POST",
        f"{_ALL}/{{number}}/rollback",
        rollback,
        scope=WRITE,
        writes=True,
        summary="Go back to a release with its variables",
    ),
)
