"""The versions of Harbour's API. Product code speaks 2.2; callers of 2.1 and 2.0 get its objects walked back here.

A released change is never edited. `2.3-preview` holds the routes of documents and the later error body, and nothing that
a caller of 2.2 could see. Source: docs/products/harbour.md#versions.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from harbor.kernel.http.versions import Change, Versions, then, without
from harbor.products.harbour_agreements.moments import from_ms, iso_text

CURRENT: Final = "2.2"
PREVIEW: Final = "2.3-preview"
_TIMES = ("created_at", "updated_at")

# Routes that came with each version, by the name of the slice that has them.
_BORN_IN_2_1 = frozenset(
    {
        "verifications.retrieve",
        "verifications.delete",
        "webhooks.list",
        "webhooks.retrieve",
        "webhooks.update",
        "webhooks.delete",
        "webhooks.events",
        "webhooks.event",
    }
)
_BORN_IN_2_2 = frozenset(
    {
        "verifications.create",
        "verifications.submit",
        "verifications.cancel",
        "verifications.redact",
        "verifications.activity",
        "verifications.attach",
        "verifications.decide",
        "verifications.catalogue",
        "sandbox.advance",
        "providers.list",
        "providers.create",
        "providers.retrieve",
        "providers.update",
        "providers.delete",
        "providers.try",
        "providers.callback",
        "webhooks.test",
        "webhooks.secret",
        "webhooks.redeliver",
        "webhooks.recover",
    }
)


def _iso(value: Any) -> Any:
    if value is None:
        return None
    return iso_text(value if isinstance(value, datetime) else from_ms(value))


def iso_times(shown: dict[str, Any]) -> dict[str, Any]:
    """Moments as 2.0 wrote them: ISO text, UTC, microseconds. A snapshot has them in milliseconds already."""
    return {name: _iso(value) if name in _TIMES else value for name, value in shown.items()}


def legacy_receipt(shown: dict[str, Any]) -> dict[str, Any]:
    """A receipt as 2.0 wrote it: the webhook under its long id."""
    return {**shown, "webhook_id": shown["legacy_webhook_id"]}


VERSIONS: Final = Versions(
    changes=(
        Change(
            version=PREVIEW,
            summary="Documents; errors as code, message, detail and docs.",
            source="the v2.3 page",
        ),
        Change(
            version="2.2",
            summary="Verifications say how they go on: sub_status, last_status_at, submitted_at, verification_details.",
            source="release notes, Aug 21st 2023",
            down={"verification": without("sub_status", "last_status_at", "submitted_at", "verification_details")},
            adds_routes=_BORN_IN_2_2,
        ),
        Change(
            version="2.1",
            summary="Unix timestamps; organization_id, is_scan and verification_subtype; single reads, deletes, webhooks.",
            source="release notes, May 31st 2023",
            down={
                "verification": then(without("organization_id", "is_scan", "verification_subtype"), iso_times),
                "webhook_receipt": legacy_receipt,
            },
            adds_routes=_BORN_IN_2_1,
        ),
    ),
    oldest="2.0",
)

_WORD = re.compile(r"v?(2\.[0-9]{1,3})(?:-preview)?")


def known(text: str) -> str | None:
    """The version that a caller's word means, or None: `2.1`, `v2.1`, and `2.3` for the preview."""
    match = _WORD.fullmatch(text.strip().lower())
    if match is None:
        return None
    version = PREVIEW if f"{match[1]}-preview" == PREVIEW else match[1]
    return version if version in VERSIONS.known else None


def since(route_name: str) -> str | None:
    """The version that brought a route; None if it was always there."""
    return next((change.version for change in VERSIONS.changes if route_name in change.adds_routes), None)
