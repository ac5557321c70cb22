"""A caller of AppHarbor: a person with a token. What they may do with an application is a matter of their role there.

Source: docs/products/appharbor.md#tokens.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from harbor.kernel.errors import Invalid
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.people_model import Person

READ: Final = "read"
WRITE: Final = "write"
GLOBAL: Final = "global"
NAME_LENGTH_MAX = 120
# Clients cut tokens out of a form by position, so a token has no character that would need encoding: the text of a GUID.
TOKEN: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_USER_ID_BYTES = 20
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_USERNAME_LENGTH_MAX = 39


class TokenKind(StrEnum):
    """How a token came about."""

    PERSONAL = "personal"
    OAUTH = "oauth"
    PASSWORD = "password"  # noqa: S105 (a way of signing in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Developer(Principal):
    """The caller. `token_id` is None for somebody who came with a name and a password."""

    person_id: str
    username: str
    email: str = field(repr=False)
    token_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A stored token; of its text only a digest is kept. `scopes` None may do everything."""

    account_id: str
    id: str
    organization_id: str
    person_id: str
    digest: str
    name: str
    kind: TokenKind
    scopes: frozenset[str] | None
    client_id: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_good_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > moment)


def new_guid() -> str:
    """A GUID of 122 random bits: tokens, codes, and the ids and secrets of clients."""
    return str(UUID(bytes=secrets.token_bytes(16), version=4))


def scopes_of(words: Iterable[str]) -> frozenset[str] | None:
    """What the words of a `scope` parameter allow; none of them, and `global`, allow everything. Raises `Invalid`."""
    asked = {word.strip().lower() for word in words if word.strip()}
    if unknown := sorted(asked - {READ, WRITE, GLOBAL}):
        raise Invalid(f"{unknown[0][:100]} is not a scope; read, write and global are.", field="scope")
    if not asked or GLOBAL in asked:
        return None
    return frozenset({READ, WRITE}) if WRITE in asked else frozenset({READ})


def check_name(value: str) -> str:
    """The name of a token or client without blanks around it. Raises `Invalid`."""
    name = value.strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(f"name must have 1 to {NAME_LENGTH_MAX} characters.", field="name")
    return name


def user_id(person_id: str) -> str:
    """What stands for a person on the wire: 28 letters of base64, the same for ever, which never name a path."""
    return b64encode(sha256(b"appharbor user " + person_id.encode()).digest()[:_USER_ID_BYTES]).decode()


def username_of(person: Person) -> str:
    """What the person is called in addresses of repositories: the username, else what the e-mail has before the @."""
    if person.username is not None:
        return person.username
    return _UNSAFE.sub("-", person.email.partition("@")[0])[:_USERNAME_LENGTH_MAX].strip("-") or "user"
