"""Who gets the mail of a bill: contacts of the client, and addresses that are typed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills.messages_model import Recipient
from harbor.products.harvest_timesheets.bills.model import BillKind
from harbor.products.harvest_timesheets.contacts import service as contacts
from harbor.products.harvest_timesheets.contacts.model import Contact
from harbor.products.harvest_timesheets.pages import lists

_BETWEEN: Final = re.compile(r"[\n;,]+")
_ADDRESS: Final = r"[^\s<>@]+@[^\s<>@]+"
_WRITTEN: Final = re.compile(rf"(?P<name>[^<>]*)<(?P<named>{_ADDRESS})>|(?P<bare>{_ADDRESS})")


class Chosen(Form, kw_only=True):
    """Contacts by their ids, and other addresses."""

    contact: list[str] = msgspec.field(default_factory=list)
    others: str = ""


def around(call: Call, kind: BillKind, bill_id: int, client_id: int) -> dict[str, Any]:
    """Who may be chosen; chosen already is who got the last mail, or the only contact there is."""
    found = _contacts(call, client_id)
    before = messages.latest_recipients(call, kind, bill_id)
    sender = messages.sender(call).email
    addresses = {each.email.casefold() for each in before}
    chosen = [str(each.id) for each in found if each.email.casefold() in addresses]
    known = {each.email.casefold() for each in found} | {sender.casefold()}
    others = [written(each) for each in before if each.email.casefold() not in known]
    return {
        "contacts": [(str(each.id), _name(each), each.email) for each in found],
        "chosen": chosen or ([str(found[0].id)] if len(found) == 1 and not before else []),
        "others": "\n".join(others),
        "me": sender,
        "client_id": client_id,
        "keeps_contacts": access.me(call).has(AccessRole.CLIENT_AND_TASK_MANAGER),
    }


def split(call: Call, client_id: int, recipients: Iterable[Recipient]) -> tuple[list[str], str]:
    """Recipients as the form has them: contacts by their ids, and the others as they are typed."""
    by_email = {each.email.casefold(): str(each.id) for each in _contacts(call, client_id)}
    found = list(recipients)
    return (
        [by_email[each.email.casefold()] for each in found if each.email.casefold() in by_email],
        "\n".join(written(each) for each in found if each.email.casefold() not in by_email),
    )


def read(call: Call, client_id: int, chosen: Iterable[str], others: str) -> tuple[Recipient, ...]:
    """The recipients that were chosen and typed. Raises `Invalid`."""
    found = {str(each.id): each for each in _contacts(call, client_id)}
    ids = list(chosen)
    if unknown := [id_ for id_ in ids if id_ not in found]:
        raise Invalid(f"Contact {unknown[0][:20]} is not there any more. Load the page anew.", field="contact")
    of_client = [Recipient(name=_name(found[id_]), email=found[id_].email) for id_ in ids]
    return (*of_client, *typed(others))


def typed(text: str) -> tuple[Recipient, ...]:
    """Addresses with or without names, one a line or between commas. Raises `Invalid`."""
    found = []
    for part in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        form = _WRITTEN.fullmatch(part)
        if form is None:
            raise Invalid(f"{part[:100]} is not an e-mail address.", field="others")
        name = (form["name"] or "").strip(' "')
        found.append(Recipient(name=name or None, email=form["named"] or form["bare"]))
    return tuple(found)


def written(each: Recipient) -> str:
    """A recipient as they are typed."""
    return f"{_BETWEEN.sub(' ', each.name)} <{each.email}>" if each.name else each.email


def _contacts(call: Call, client_id: int) -> list[Contact]:
    page = PageRequest(limit=lists.CHOICES_MAX)
    found = [each.contact for each in contacts.listed(call, page, client_id=client_id).items]
    return sorted((each for each in found if each.email), key=lambda each: (_name(each).casefold(), each.id))


def _name(contact: Contact) -> str:
    return " ".join(part for part in (contact.first_name, contact.last_name) if part)
