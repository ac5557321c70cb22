"""The caller of an operation in an installation with users."""

from __future__ import annotations

from dataclasses import dataclass, field

from harbor.products.harper_tables.rights import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(User):
    """A user, and by what they were known: the hash that a password matched, a token's seed, or a session."""

    password_hash: str | None = field(default=None, repr=False)
    seed: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)
    has_role: bool = True
    # Whose record `user_info` shows: another one's while a super user acts as them.
    shown_as: str = ""
