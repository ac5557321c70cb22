"""What callers with few rights are told: everything that is missing at once, and nothing of what they may not see."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from harbor.kernel.errors import Denied
from harbor.kernel.identity.model import Environment
from harbor.products.harper_tables.rights import INSERT, READ, UPDATE, EverythingAllowed, Need, Rights, User, require


@dataclass(frozen=True)
class Few:
    """Sees press.article, reads and inserts it, and of its attributes those that are listed."""

    is_super_user: bool = False
    flags: frozenset[str] = frozenset({READ, INSERT})
    listed: dict[str, frozenset[str]] | None = field(
        default_factory=lambda: {READ: frozenset({"id", "title", "year"}), INSERT: frozenset({"id", "title"})}
    )

    def may_structure(self, database: str | None) -> bool:
        return False

    def may_run(self, operation: str) -> bool:
        return True

    def is_listed(self, operation: str) -> bool:
        return False

    def sees_database(self, database: str) -> bool:
        return database == "press"

    def sees_table(self, database: str, table: str) -> bool:
        return (database, table) == ("press", "article")

    def allows(self, database: str, table: str, permission: str) -> bool:
        return permission in self.flags

    def attributes(self, database: str, table: str, permission: str) -> frozenset[str] | None:
        return None if self.listed is None else self.listed.get(permission, frozenset())


def user(rights: Rights) -> User:
    """A caller with these rights."""
    return User(
        account_id="acc",
        organization_id="org",
        environment=Environment.PRODUCTION,
        actor="tor",
        username="tor",
        rights=rights,
    )


def refusal(*needs: Need) -> tuple[list[object], list[str]]:
    """Both arrays of the 403."""
    with pytest.raises(Denied) as refused:
        require(user(Few()), needs)
    body = refused.value.extra["body"]
    assert isinstance(body, dict)
    assert body["error"] == ("This operation is not authorized due to role restrictions and/or invalid database items")
    return body["unauthorized_access"], body["invalid_schema_items"]


def test_what_is_granted_is_let_through() -> None:
    require(user(Few()), [Need(database="press", table="article", permissions=(READ,), attributes={READ: ["title"]})])


def test_a_super_user_is_never_refused() -> None:
    require(user(EverythingAllowed()), [Need(database="none", table="none", is_there=False)])


def test_flags_and_attributes_are_told_together() -> None:
    need = Need(
        database="press",
        table="article",
        permissions=(INSERT, UPDATE),
        attributes={INSERT: ["title", "year"], UPDATE: ["title", "year"]},
    )

    assert refusal(need) == (
        [
            {
                "schema": "press",
                "table": "article",
                "required_table_permissions": ["update"],
                "required_attribute_permissions": [
                    {"attribute_name": "year", "required_permissions": ["insert", "update"]},
                    {"attribute_name": "title", "required_permissions": ["update"]},
                ],
            }
        ],
        [],
    )


def test_what_is_not_seen_does_not_exist() -> None:
    needs = [
        Need(database="secret", table="plans", permissions=(READ,)),
        Need(database="press", table="draft", permissions=(READ,)),
        Need(database="press", table="article", permissions=(READ,), attributes={READ: ["fee"]}),
        Need(database="press", table="article", permissions=(READ,), is_there=False),
    ]

    assert refusal(*needs) == (
        [],
        [
            "database 'secret' does not exist",
            "Table 'press.draft' does not exist",
            "Attribute 'fee' does not exist on 'press.article'",
            "Table 'press.article' does not exist",
        ],
    )
