"""Who still signs in as the first administrator that `harbor init` made."""

from __future__ import annotations

from harbor.kernel.errors import Invalid
from harbor.kernel.identity.people_model import Person, normal_email

SET_UP_PATH = "/welcome"
# Nobody has mail there, so nobody keeps such an address by choice. Source: docs/reference/commands.md#harbor-init.
_HOST = "@localhost.localdomain"


def is_first(person: Person) -> bool:
    """Whether the person has the made-up e-mail still."""
    return person.email.endswith(_HOST)


def check_reachable(email: str) -> None:
    """Raise `Invalid` for a made-up e-mail: whoever has one may choose a password without the current one."""
    if normal_email(email).endswith(_HOST):
        raise Invalid("Give an e-mail at which you can be reached.", field="email")
