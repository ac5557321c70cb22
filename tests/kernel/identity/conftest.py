"""Two organizations with their accounts, and a way to add people to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harbor.kernel.identity import people, store
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.ids import IdMint
from harbor.kernel.storage.database import Database, Tx

AddPerson = Callable[..., Awaitable[Person]]


@pytest.fixture
def new_id() -> Callable[[str], str]:
    """Makes ids."""
    return IdMint(lambda: 1_779_710_400_000).next


@pytest.fixture
async def organizations(database: Database) -> Database:
    """The database with the organizations `org_a` and `org_b`, each with two accounts."""

    def make(tx: Tx) -> None:
        for letter in "ab":
            store.insert_organization(tx, f"org_{letter}", letter.upper(), is_operator=letter == "a")
            for environment in Environment:
                account_id = f"acc_{letter}_{environment.value}"
                store.insert_account(tx, store.Account(account_id, f"org_{letter}", environment))

    await database.write(make)
    return database


@pytest.fixture
def add_person(organizations: Database, new_id: Callable[[str], str]) -> AddPerson:
    """Adds a person; only what matters is given."""

    async def add(**given: Any) -> Person:
        values = {"organization_id": "org_a", "email": "ada@example.com", "name": "Ada", "role": Role.MEMBER} | given
        return await organizations.write(lambda tx: people.add(tx, new_id, **values))

    return add
