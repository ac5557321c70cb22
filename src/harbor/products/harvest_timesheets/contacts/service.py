"""What may be done with contacts: as with their clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.contacts import store
from harbor.products.harvest_timesheets.contacts.model import Contact, ContactSeen, checked
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import NOT_FOUND, problem
from harbor.products.harvest_timesheets.telling import tell

to_list = clients.to_list
to_add = clients.to_add


def find(call: Call, contact_id: int) -> Contact:
    """A contact of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, contact_id)
    if found is None:
        raise Missing(f"There is no contact {contact_id}.")
    return found


def to_read(call: Call, contact_id: int) -> Contact:
    """A contact to read. Raises `Missing` and `Denied`."""
    found = find(call, contact_id)
    to_list(call)
    return found


def to_change(call: Call, contact_id: int) -> Contact:
    """A contact to change or delete. Raises `Missing` and `Denied`."""
    found = find(call, contact_id)
    to_add(call)
    return found


def listed(
    call: Call, page: PageRequest, *, client_id: int | None = None, updated_since: datetime | None = None
) -> Listed[ContactSeen]:
    """Contacts, newest first."""
    found = store.newest_first(call.tx, call.account_id, page, client_id=client_id, updated_since=updated_since)
    return found.of(seen(call, found.items))


def seen(call: Call, contacts: Iterable[Contact]) -> list[ContactSeen]:
    """Contacts with their clients, in one query."""
    found = list(contacts)
    of = clients.named(call, (contact.client_id for contact in found))
    return [ContactSeen(contact=contact, client=of[contact.client_id]) for contact in found]


def add(call: Call, *, client_id: int, first_name: str, texts: Mapping[str, Any]) -> Contact:
    """A new contact of a client. `texts` are the other fields of `Contact` that were given."""
    _require_client(call, client_id)
    contact = checked(
        _filled(
            Contact(
                account_id=call.account_id,
                id=call.next_serial("harvest_contacts"),
                client_id=client_id,
                title=None,
                first_name=first_name,
                last_name=None,
                email="",
                phone_office="",
                phone_mobile="",
                fax="",
                created_at=call.tx.now,
                updated_at=call.tx.now,
            ),
            texts,
        )
    )
    store.insert(call.tx, call.account_id, contact)
    tell(call, "contact.created", contact.id, after=contact, client_id=client_id)
    return contact


def change(call: Call, before: Contact, changes: Mapping[str, Any]) -> Contact:
    """A contact with other facts; it may move to another client."""
    after = checked(_filled(before, changes))
    if after.client_id != before.client_id:
        _require_client(call, after.client_id)
    if after == before:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    tell(call, "contact.updated", after.id, before=before, after=after, client_id=after.client_id)
    return after


def delete(call: Call, contact: Contact) -> None:
    """Remove a contact, and what the audit knows of the person."""
    store.delete(call.tx, call.account_id, contact.id)
    tell(call, "contact.deleted", contact.id, client_id=contact.client_id)


def _filled(contact: Contact, texts: Mapping[str, Any]) -> Contact:
    # Phones, fax and address of mail are empty where nothing is known, and never null. Source: recorded replies.
    known = {name: value for name, value in texts.items() if value is not None or name in ("title", "last_name")}
    cleared: dict[str, Any] = {name: "" for name, value in texts.items() if name not in known}
    return replace(contact, **known, **cleared)


def _require_client(call: Call, client_id: int) -> None:
    if client_id not in clients.named(call, [client_id]):
        raise problem("client_id", NOT_FOUND)
