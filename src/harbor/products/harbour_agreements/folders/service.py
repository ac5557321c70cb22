"""What a caller may do with folders."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.folders import store
from harbor.products.harbour_agreements.folders.model import DEFAULT_TITLE, FOLDERS_MAX, Folder
from harbor.products.harbour_agreements.refusals import not_found
from harbor.products.harbour_agreements.text import label


def listed(call: Call) -> Sequence[Folder]:
    """All folders of the organization."""
    return store.listed(call.tx, call.account_id)


def visible(call: Call, folder_id: str) -> Folder:
    """One folder. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, folder_id)
    if found is None:
        raise not_found("folder", folder_id)
    return found


def add(call: Call, title: str) -> Folder:
    """A new folder. Raises `Invalid` and `Conflict`."""
    call.tx.lock("harbour_folders", call.account_id)
    return _add(call, label(title, "title"), store.listed(call.tx, call.account_id))


def default(call: Call) -> Folder:
    """The first folder; it is made when somebody needs one."""
    call.tx.lock("harbour_folders", call.account_id)
    present = store.listed(call.tx, call.account_id)
    return present[0] if present else _add(call, DEFAULT_TITLE, present)


def _add(call: Call, title: str, present: Sequence[Folder]) -> Folder:
    if len(present) >= FOLDERS_MAX:
        raise Conflict(f"The organization has {FOLDERS_MAX} folders, which is the most.")
    folder = Folder(id=ids.stamped("FOLDER", call.new_id("fld_")), title=title, created_at=call.tx.now)
    store.insert(call.tx, call.account_id, folder)
    call.emit("harbour.folder.created", subject=folder.id, data={"folder_id": folder.id})
    return folder
