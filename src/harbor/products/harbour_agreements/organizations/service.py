"""What an organization decided, and changing it."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.organizations import store
from harbor.products.harbour_agreements.organizations.model import Organization, zones
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.verifications.catalogue import EDITIONS

RETENTION_DAYS_MAX = 3_650


def of_account(tx: Tx, account_id: str) -> Organization:
    """The organization of an account, with defaults where it decided nothing."""
    return store.find(tx, account_id) or Organization(account_id=account_id)


def change(call: Call, organization: Organization) -> Organization:
    """Write an organization's choices. Raises `Invalid` for an edition, zone or number of days that is none."""
    if organization.catalogue_edition not in (None, *EDITIONS):
        raise invalid(Problem("catalogue_edition", "enum", f"catalogue_edition is one of {', '.join(EDITIONS)}."))
    if organization.time_zone not in zones():
        raise invalid(Problem("time_zone", "enum", "time_zone must be a name of the IANA database."))
    if not all(1 <= days <= RETENTION_DAYS_MAX for days in organization.retention_days.values()):
        raise invalid(
            Problem("retention_days", "out_of_range", f"retention_days lie between 1 and {RETENTION_DAYS_MAX}.")
        )
    before = of_account(call.tx, call.account_id)
    store.put(call.tx, call.account_id, organization)
    call.emit(
        "harbour.organization.updated",
        subject=organization.id,
        data={"organization_id": organization.id, "catalogue_edition": organization.catalogue_edition},
        before={"catalogue_edition": before.catalogue_edition, "time_zone": before.time_zone},
    )
    return organization


def limiting_retention(tx: Tx) -> list[str]:
    """The accounts whose content is not kept for ever."""
    return store.with_retention(tx)
