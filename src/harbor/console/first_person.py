"""Who still signs in as the first administrator that `harbor init` made."""

from __future__ import annotations

from harbor.kernel.identity.people_model import Person

SET_UP_PATH = "/welcome"
# Nobody has mail there, so nobody keeps such an address by choice. Source: docs/reference/commands.md#harbor-init.
_HOST = "@localhost.localdomain"


def is_first(person: Person) -> bool:
    """Whether the person has the made-up e-mail still."""
    return person.email.endswith(_HOST)
