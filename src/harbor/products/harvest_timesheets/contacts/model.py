"""A contact of a client. Source: docs/products/harvest.md#contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.sentences import BLANK, problem

TEXT_LENGTH_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One person of a client."""

    account_id: str
    id: int
    client_id: int
    title: str | None
    first_name: str
    last_name: str | None
    email: str
    phone_office: str
    phone_mobile: str
    fax: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSeen:
    """A contact with its client."""

    contact: Contact
    client: Client


def checked(contact: Contact) -> Contact:
    """The contact, if its texts are in order. Raises `Invalid`."""
    if not contact.first_name.strip():
        raise problem("first_name", BLANK)
    for name in ("title", "first_name", "last_name", "email", "phone_office", "phone_mobile", "fax"):
        if len(getattr(contact, name) or "") > TEXT_LENGTH_MAX:
            raise problem(name, f"is too long (maximum is {TEXT_LENGTH_MAX} characters)")
    if contact.email and "@" not in contact.email:
        raise problem("email", "is not a valid email address")
    return contact
