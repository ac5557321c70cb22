"""Reading and changing how documents look. A logo that is replaced stays as bytes that no row names, until the sweep."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.billing_settings import branding_store as store
from harbor.products.harvest_timesheets.billing_settings.branding_model import Branding, Logo, check_colour
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.telling import tell


def of(call: Call) -> Branding:
    """The look of the account."""
    return store.find(call.tx, call.account_id)


def to_change(call: Call) -> None:
    """Whether the caller changes the look: administrators. Raises `Denied`."""
    access.require_administrator(call, "change the look of documents")


def change(call: Call, *, colour: str, logo: Logo | None = None, removes_logo: bool = False) -> Branding:
    """Another colour, and another logo or none if that is asked for. Raises `Invalid` and `Denied`."""
    to_change(call)
    before = of(call)
    after = replace(before, colour=check_colour(colour))
    if logo is not None or removes_logo:
        after = replace(after, logo=logo)
    if after != before:
        store.put(call.tx, call.account_id, after)
        tell(
            call,
            "branding.updated",
            company.of(call).number,
            before=_told(before),
            after=_told(after),
            has_logo=after.logo is not None,
        )
    return after


def logos_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are logos: for the sweep of blobs, which takes what nobody names."""
    return store.logos_among(tx, account_id, keys)


def _told(branding: Branding) -> dict[str, object]:
    logo = branding.logo
    return {"colour": branding.colour, "logo": None if logo is None else f"{logo.width} x {logo.height}"}
