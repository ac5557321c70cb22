"""People: who signs in for an organization, and what their role lets them do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from harbor.kernel.errors import Invalid

# RFC 5321 gives a path 256 bytes, two of which are its angle brackets.
EMAIL_BYTES_MAX = 254
NAME_LENGTH_MAX = 120
# A username stands in the addresses of git repositories, so it is safe in a URL.
USERNAME = re.compile(r"[a-z0-9._-]{1,39}")
# Not the grammar of RFC 5322, which allows comments and quoted blanks: whether mail arrives is found out by sending it.
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")


class Role(StrEnum):
    """What a person is in the organization. Owners and administrators may do everything in both of its accounts."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"

    @property
    def may_do_everything(self) -> bool:
        """Whether no scope is refused to this role."""
        return self is not Role.MEMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of an organization. `password_hash` is None until a password is set: such a person cannot sign in."""

    id: str
    organization_id: str
    email: str
    username: str | None
    name: str
    role: Role
    is_active: bool
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = field(default=None, repr=False)


def check_email(value: str) -> str:
    """The address as it is kept: without blanks around it, composed (NFC), lower case. Raises `Invalid`.

    The part before the @ is lowered too: no provider of note tells the cases apart, and people do not either.
    """
    email = normal_email(value)
    if not _EMAIL.fullmatch(email):
        raise Invalid("email must be one address, like ada@example.com.", field="email")
    if len(email.encode("utf-8", "surrogatepass")) > EMAIL_BYTES_MAX:
        raise Invalid(f"email is too long; at most {EMAIL_BYTES_MAX} bytes fit.", field="email")
    return email


def normal_email(value: str) -> str:
    """The text in the form addresses are kept in, address or not: to look somebody up by what was typed."""
    composed = unicodedata.normalize("NFC", value.strip())
    # Once more, because a few letters are lowered into two that compose.
    return unicodedata.normalize("NFC", composed.lower())


def check_username(value: str) -> str:
    """The username as it is kept: lower case. Raises `Invalid` if it does not fit into a URL."""
    username = value.strip().lower()
    # "." and ".." would be steps in a path.
    if not USERNAME.fullmatch(username) or not username.strip("."):
        raise Invalid(
            "username must have 1 to 39 of the characters a-z, 0-9, dot, underscore and hyphen.", field="username"
        )
    return username


def check_name(value: str) -> str:
    """The name without blanks around it. Raises `Invalid` if it is empty or too long."""
    name = value.strip()
    if not name:
        raise Invalid("name must not be blank.", field="name")
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(f"name has {len(name)} characters; at most {NAME_LENGTH_MAX} fit.", field="name")
    return name
