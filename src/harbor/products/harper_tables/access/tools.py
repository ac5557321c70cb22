"""What the operations find among the tools of the process: see `app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from harbor.kernel.http.services import Services
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.products.harper_tables.access.tokens import duration_s
from harbor.products.harper_tables.access.user_access import UserAccess

ACCESS, LIFETIMES = "harper.access", "harper.token_lifetimes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long tokens are good: `authentication.operationTokenTimeout` and `.refreshTokenTimeout`."""

    operation_s: int = 86_400
    refresh_s: int = 30 * 86_400

    @classmethod
    def parsed(cls, operation: str, refresh: str) -> Lifetimes:
        """From settings like `1d`. Raises `ValueError`."""
        found = [duration_s(text) for text in (operation, refresh)]
        if found[0] is None or found[1] is None:
            raise ValueError(f"{operation!r} and {refresh!r} must be durations like 1d or 3600")
        return cls(operation_s=found[0], refresh_s=found[1])


def access_of(services: Services) -> UserAccess:
    """Where callers come from."""
    return cast(UserAccess, services.tools[ACCESS])


def lifetimes_of(services: Services) -> Lifetimes:
    """How long tokens are good here."""
    return cast(Lifetimes, services.tools.get(LIFETIMES) or Lifetimes())


async def hash_password(services: Services, password: str) -> str:
    """What is stored of a password."""
    return await cast(PasswordWorkers, services.tools["passwords"]).hash(password)
