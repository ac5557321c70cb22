"""Moments on the wire: ISO 8601 in UTC with three digits, read with or without a fraction or an offset."""

from __future__ import annotations

from datetime import UTC, datetime

from harbor_sdk.errors import InvalidRequestError

Moment = datetime | str


def read_moment(text: str) -> datetime:
    """An aware datetime in UTC. Raises ValueError for text that is no moment."""
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)


def show_moment(moment: Moment, param: str) -> str:
    """The wire form. Text passes unchanged, for the server to judge; a datetime must say its zone."""
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise InvalidRequestError(
            "invalid_request", f"{param} has no time zone; use for example datetime.now(UTC).", param=param
        )
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
