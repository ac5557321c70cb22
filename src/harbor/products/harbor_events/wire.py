"""Forms that several slices read from the wire: moments, orders, ids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from harbor.kernel import pages
from harbor.kernel.clock import EPOCH, micros
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query

_ID = "^{}_[0-9a-z]{{6,64}}$"
WorkspaceId = Annotated[
    str,
    msgspec.Meta(pattern=_ID.format("ws"), description="A workspace's id.", examples=["ws_01j8yxw2v3t4s5r6q7p8n9m0k1"]),
]
WebhookId = Annotated[str, msgspec.Meta(pattern=_ID.format("wh"), examples=["wh_01j8z0a1b2c3d4e5f6g7h8j9k0"])]
EventId = Annotated[str, msgspec.Meta(pattern=_ID.format("evt"), examples=["evt_01j8z0c3t4e6g8h0j2k4m6n8pq"])]
Order = Literal["asc", "desc"]
Moment = Annotated[
    str,
    msgspec.Meta(
        extra_json_schema={"format": "date-time"}, description="An ISO 8601 moment.", examples=["2026-05-25T12:00:00Z"]
    ),
]


class Span(Query, kw_only=True):
    """The time filter and the order of every list: from `created_after` (inclusive) until before `created_before`."""

    created_after: Moment | None = None
    created_before: Moment | None = None
    order: Order | None = None

    @property
    def span(self) -> pages.Span:
        """The span for a list that is newest first unless `order=asc`."""
        return pages.Span(since=self.after_us, until=self.before_us, ascending=self.order == "asc")

    @property
    def after_us(self) -> int | None:
        """The beginning in microseconds."""
        return moment_us(self.created_after, "created_after")

    @property
    def before_us(self) -> int | None:
        """The end in microseconds."""
        return moment_us(self.created_before, "created_before")


def moment_us(text: str | None, field: str) -> int | None:
    """A moment of the wire in microseconds: with or without fraction, `Z` or an offset; without either it is UTC."""
    return None if text is None else micros(moment_of(text, field))


def moment_of(text: str, field: str) -> datetime:
    """A moment of the wire. Raises `Invalid` for text that is none."""
    try:
        # A plus sign in a query arrives as a blank.
        found = datetime.fromisoformat(text.strip().replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    except ValueError:
        raise Invalid(f"{field} must be an ISO 8601 moment like 2026-05-25T12:00:00Z.", field=field) from None
    moment = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise Invalid(f"{field} lies outside the years 1970 to 9999.", field=field) from None
    if utc < EPOCH:
        raise Invalid(f"{field} lies outside the years 1970 to 9999.", field=field)
    return utc
