"""The desk's API: version 2 weighs parcels, writes moments as numbers, and announces."""

from __future__ import annotations

from typing import Any

from harbor.kernel.clock import iso_ms, moment
from harbor.kernel.http.versions import Change, Versions, then, without


def iso_times(shown: dict[str, Any]) -> dict[str, Any]:
    """`arrived_at` as version 1 wrote it; a snapshot has it in milliseconds already."""
    arrived_at = shown["arrived_at"]
    return {**shown, "arrived_at": iso_ms(moment(arrived_at * 1000) if isinstance(arrived_at, int) else arrived_at)}


def to_recipient(body: dict[str, Any]) -> dict[str, Any]:
    """Version 1 wrote `name` where we say `recipient`."""
    return {("recipient" if name == "name" else name): value for name, value in body.items()}


VERSIONS = Versions(
    changes=(
        Change(
            version="2",
            summary="Parcels have a weight; moments are Unix milliseconds; a parcel can be announced.",
            source="the desk's release notes",
            down={"parcel": then(without("weight_g"), iso_times)},
            up={"parcel": to_recipient},
            adds_routes=frozenset({"parcels.announce"}),
        ),
    ),
    oldest="1",
)
