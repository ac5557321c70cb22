"""What may be done with clients, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.clients import store
from harbor.products.harvest_timesheets.clients.model import Client, check_name, new_statement_key
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.tracked import service as tracked


def find(call: Call, client_id: int) -> Client:
    """A client of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, client_id)
    if found is None:
        raise Missing(f"There is no client {client_id}.")
    return found


def by_statement_key(tx: Tx, statement_key: str) -> Client | None:
    """The client whose public statement an address leads to, of whatever account."""
    return store.by_statement_key(tx, statement_key)


def to_list(call: Call) -> None:
    """Whether the caller may see clients: who manages them, and who makes projects for them. Raises `Denied`."""
    member = access.me(call)
    if not (member.has(AccessRole.CLIENT_AND_TASK_MANAGER) or member.has(AccessRole.PROJECT_CREATOR)):
        raise access.denied("see clients")


def to_add(call: Call) -> None:
    """Whether the caller may add clients. Raises `Denied`."""
    access.require(call, AccessRole.CLIENT_AND_TASK_MANAGER, "manage clients")


def to_read(call: Call, client_id: int) -> Client:
    """A client to read. Raises `Missing` and `Denied`."""
    found = find(call, client_id)
    to_list(call)
    return found


def to_change(call: Call, client_id: int) -> Client:
    """A client to change or delete. Raises `Missing` and `Denied`."""
    found = find(call, client_id)
    to_add(call)
    return found


def listed(
    call: Call, page: PageRequest, *, is_active: bool | None = None, updated_since: datetime | None = None
) -> Listed[Client]:
    """Clients, newest first."""
    return store.newest_first(call.tx, call.account_id, page, is_active=is_active, updated_since=updated_since)


def named(call: Call, ids: Iterable[int]) -> Mapping[int, Client]:
    """Clients by their ids, to refer to them."""
    return store.named(call.tx, call.account_id, ids)


def add(
    call: Call, *, name: str, is_active: bool = True, address: str | None = None, currency: str | None = None
) -> Client:
    """A new client; its currency is the company's unless another is given."""
    name = check_name(name)
    _require_free(call, name)
    client = Client(
        account_id=call.account_id,
        id=call.next_serial("harvest_clients"),
        name=name,
        is_active=is_active,
        address=address,
        statement_key=new_statement_key(),
        currency=company.of(call).currency if currency is None else known_currency(currency),
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, client)
    tell(call, "client.created", client.id, after=client)
    return client


def change(call: Call, before: Client, changes: Mapping[str, Any]) -> Client:
    """A client with other facts. Who has active projects cannot be archived."""
    after = replace(before, **changes)
    after = replace(after, name=check_name(after.name), currency=known_currency(after.currency))
    if after == before:
        return before
    _require_free(call, after.name, but=before.id)
    if (
        before.is_active
        and not after.is_active
        and store.has_projects(call.tx, call.account_id, before.id, is_active=True)
    ):
        raise Conflict("Client has active projects; archive them first")
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    if (before.name, before.currency, before.is_active) != (after.name, after.currency, after.is_active):
        tracked.touch_client(call, after.id)
    tell(call, "client.updated", after.id, before=before, after=after)
    return after


def delete(call: Call, client: Client) -> None:
    """Remove a client without projects, invoices and estimates."""
    if store.has_projects(call.tx, call.account_id, client.id) or store.has_bills(call.tx, call.account_id, client.id):
        raise Conflict("Client can't be deleted because it has projects, invoices or estimates")
    store.delete(call.tx, call.account_id, client.id)
    tell(call, "client.deleted", client.id, before=client)


def _require_free(call: Call, name: str, but: int | None = None) -> None:
    found = store.by_name(call.tx, call.account_id, name)
    if found is not None and found.id != but:
        raise problem("name", TAKEN)
