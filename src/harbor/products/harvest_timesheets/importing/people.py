"""People of the account and of the source that are the same, by their address: they get the source's number."""

from __future__ import annotations

import json

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.importing import people_store
from harbor.products.harvest_timesheets.importing.taking import Taken
from harbor.products.harvest_timesheets.time_entries import sums


def settle(call: Call, found: Taken, *, is_first: bool) -> None:
    """Give people of the account the numbers that the source has for them, before its records are written.

    In a first import somebody else may have such a number; they get a new one, above those of the source.
    """
    sums.hold(call)
    here = people_store.by_email(call.tx, call.account_id)
    moved = False
    for id_, row in found.rows.items():
        own = here.get(row.values["email_key"])
        if own == id_:
            continue
        holder = next((email for email, number in here.items() if number == id_), None)
        if holder is not None and not is_first:
            continue  # the record changes whoever has its number, and is left out where the address is somebody else's
        if holder is not None:
            here[holder] = call.next_serial("harvest_users")
            people_store.renumber(call.tx, call.account_id, id_, here[holder])
            moved = True
        if own is not None:
            people_store.renumber(call.tx, call.account_id, own, id_)
            here[row.values["email_key"]] = id_
            moved = True
    if moved:
        access.rights_changed(call.tx, call.account_id)


def keep_administrator(found: Taken, user_id: int) -> None:
    """Whoever has started the import stays an active administrator, whatever they are at the source."""
    row = found.rows.get(user_id)
    if row is not None:
        row.values["is_active"] = 1
        if AccessRole.ADMINISTRATOR not in json.loads(row.values["access_roles"]):
            row.values["access_roles"] = json.dumps([AccessRole.ADMINISTRATOR.value])
