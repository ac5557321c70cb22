"""Mails to administrators when a key is made, replaced, revoked, or came in the clear. Source: docs/products/harbour.md#keys."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.identity import people_store as people
from harbor.kernel.identity.model import Credential
from harbor.kernel.mail import outbox
from harbor.kernel.pages import PageRequest

_PEOPLE_MAX: Final = 200
_SAID: Final[Mapping[str, str]] = {
    "harbour.api_key.created": "was made",
    "harbour.api_key.rotated": "was replaced; the one before it ends by itself",
    "harbour.api_key.revoked": "was revoked; calls with it are refused",
    "harbour.api_key.exposed_plaintext": "came over plain HTTP. Whoever was on its way may have read it: replace it",
}


def tell(call: Call, type_: str, credential: Credential) -> None:
    """Write to every administrator of the organization. The mail names the key by its name and its end."""
    page = people.newest_first(call.tx, call.principal.organization_id, PageRequest(limit=_PEOPLE_MAX))
    for person in page.items:
        if not (person.is_active and person.role.may_do_everything):
            continue
        text = f'The API key "{credential.name}" of Harbour, which ends with {credential.last4}, {_SAID[type_]}.'
        where = "Settings, Integrations in the console shows all keys. You get this because you administer the organization."
        outbox.send(
            call.tx,
            call.account_id,
            person.email,
            f"Harbour: an API key {_SAID[type_].partition(';')[0].partition('.')[0]}",
            f"{text}\n\n{where}",
            f"<p>{escape(text)}</p><p>{escape(where)}</p>",
            topic=f"{type_}:{credential.id}",
            mail_id=call.new_id("mail_"),
        )
