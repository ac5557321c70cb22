"""What is sealed in the database, and where: the list that a rotation of the master key goes through.

A test finds every purpose that the program seals for and asks for it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A column of sealed texts. `key` is the table's primary key, the account first; NULL is nothing sealed.

    `token` is the account's cache token to renew where processes remember rows of this table.
    """

    table: str
    column: str
    purpose: str
    key: Sequence[str]
    token: Literal["credentials", "subscriptions", "roles"] | None = None

    def __post_init__(self) -> None:
        assert self.key[0] == "account_id", self


SEALED: Final[tuple[Sealed, ...]] = (
    Sealed(
        table="subscriptions",
        column="secrets",
        purpose="webhook.secrets",
        key=("account_id", "id"),
        token="subscriptions",  # noqa: S106 (names a cache)
    ),
    Sealed(
        table="subscriptions",
        column="headers",
        purpose="webhook.headers",
        key=("account_id", "id"),
        token="subscriptions",  # noqa: S106
    ),
    Sealed(
        table="idempotency",
        column="reply",
        purpose="idempotency.reply",
        key=("account_id", "workspace_id", "route", "idempotency_key"),
    ),
    Sealed(
        table="second_factors",
        column="secret",
        purpose="second_factor.secret",
        key=("account_id", "person_id"),
    ),
)

# Sealed and given away, kept nowhere: a rotation cannot seal them again, so they end with the key that sealed them.
GIVEN_AWAY: Final = frozenset({"console.token", "harper.cursor"})
