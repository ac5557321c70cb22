"""Roles and users as they are kept, and what a role is called where one is made with the installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SUPER_USER = "super_user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role. `permission` is the object that the client sent; moments are microseconds."""

    account_id: str
    id: str
    name: str
    permission: Mapping[str, Any]
    created_at: int
    updated_at: int

    @property
    def is_super_user(self) -> bool:
        """Whether those who have it may do everything."""
        return self.permission.get(SUPER_USER) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUser:
    """A user. `seed` is random and new with each password: tokens carry it, and end with it."""

    account_id: str
    id: str
    username: str
    role_id: str
    is_active: bool
    password_hash: str = field(repr=False)
    seed: str = field(repr=False)
    refresh_digest: str | None = field(default=None, repr=False)
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that has logged in. It counts only for requests from `origin`."""

    account_id: str
    user_id: str
    username: str
    digest: str = field(repr=False)
    origin: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """What an account signs its tokens with; `sealed_key` is the private half."""

    account_id: str
    id: str
    public_key: str
    sealed_key: str = field(repr=False)
