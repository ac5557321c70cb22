"""Whether a password is right: remembered for half a minute, else argon2, behind the throttle.

Whoever is unknown costs the same as whoever is known. Few look at once, and each takes a permit of the throttle only
while it does, so that many good callers at the same moment are not taken for guesses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from harbor.kernel.errors import HarborError, Unavailable
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.identity.verified import VerifiedPasswords
from harbor.products.harper_tables.access.model import StoredUser

_AT_ONCE = 2  # as many as the threads that hash
_WAITING_MAX = 256

_log = structlog.get_logger("harbor.harper")


class Proving:
    """Looks at passwords. For one event loop."""

    def __init__(
        self,
        passwords: PasswordWorkers,
        throttle: SignInThrottle,
        now: Callable[[], datetime],
        verified: VerifiedPasswords | None = None,
    ) -> None:
        self._passwords = passwords
        self._throttle = throttle
        self._now = now
        self._verified = VerifiedPasswords() if verified is None else verified  # an empty one is false
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._inside = 0

    def remembers(self, user: StoredUser, password: str) -> bool:
        """Whether this password was right for this very hash a moment ago."""
        return self._verified.knows(user.id, user.password_hash, password)

    def entry(self, user: StoredUser, password: str) -> bytes:
        """Under what it is remembered that this password is right for this very hash."""
        return self._verified.entry(user.id, user.password_hash, password)

    def is_fresh(self, entry: bytes) -> bool:
        """Whether the password of an entry was right a moment ago."""
        return self._verified.is_fresh(entry)

    def mark(self, header: str) -> bytes:
        """What stands for a whole header, so that nothing that is kept tells a password."""
        return self._verified.entry(header)

    async def is_right(self, user: StoredUser | None, username: str, password: str, address: str) -> bool:
        """Whether the password is the user's. Raises `Limited` after too many failures of the name or the address."""
        if user is None:
            return await self._look(None, username, password, address)
        return await self._verified.check(
            user.id,
            user.password_hash,
            password,
            lambda: self._look(user.password_hash, username, password, address),
        )

    async def _look(self, stored_hash: str | None, username: str, password: str, address: str) -> bool:
        if self._inside >= _WAITING_MAX:
            raise Unavailable("Too many sign-ins at once; try again in a few seconds.", retry_after_s=5)
        self._inside += 1
        try:
            async with self._places:
                return await self._judge(stored_hash, username, password, address)
        finally:
            self._inside -= 1

    async def _judge(self, stored_hash: str | None, username: str, password: str, address: str) -> bool:
        # Names of Harper's users are no e-mails of people: their failures are counted apart.
        permits = await self._throttle.enter(address=address, email=f"harper user {username}", now=self._now())
        try:
            is_right = await self._passwords.verify(stored_hash, password)
        except HarborError:  # the server was too busy to look, so nobody guessed
            self._throttle.give_back(permits)
            raise
        if is_right:
            self._throttle.give_back(permits)
        else:
            _log.info("harper_sign_in_failed", address=address)
        return is_right
