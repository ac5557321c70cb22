"""Passwords: what they must be like, and argon2id, which makes guessing them expensive.

One hash takes about 18 ms and 19 MiB, so it never runs on the event loop nor inside a transaction: `PasswordWorkers`
are for a route's `prepare`.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from harbor.kernel.errors import Internal, Invalid, Unavailable
from harbor.kernel.identity.people_model import normal_email
from harbor.kernel.ids import ALPHABET

P = ParamSpec("P")
R = TypeVar("R")

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256

# The parameters OWASP recommends for argon2id, as of its Password Storage Cheat Sheet of 2024.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a password that nobody has. It is verified where there is no person, so that the time does not tell who exists.
_HASH_OF_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$aGFyYm9yIG5vYm9keSAwMQ$s6gxWvkWYYNXNmXUBoPbXQEzIwkWffl6PEurcEO0ikY"
_INITIAL_GROUPS = 4
_INITIAL_GROUP_LETTERS = 5


def check_password(password: str, email: str) -> str:
    """The password, if a person may choose it: 12 to 256 characters, and not the e-mail. Raises `Invalid`.

    Nothing is said of digits and signs, which make passwords worse. Source: NIST SP 800-63B, 5.1.1.2.
    """
    length = len(_composed(password))
    if length < PASSWORD_LENGTH_MIN:
        raise Invalid(
            f"password has {length} characters; it needs at least {PASSWORD_LENGTH_MIN}.",
            code="password_too_short",
            field="password",
        )
    if length > PASSWORD_LENGTH_MAX:
        raise Invalid(
            f"password has {length} characters; at most {PASSWORD_LENGTH_MAX} fit.",
            code="password_too_long",
            field="password",
        )
    address = normal_email(email)
    if normal_email(password) in {address, address.partition("@")[0]}:
        raise Invalid(
            "password must not be the e-mail; choose one that others cannot know.",
            code="password_is_email",
            field="password",
        )
    return password


def initial_password() -> str:
    """A password to hand over once, like `k7m2q-0xv9t-…`: 100 random bits in letters that are not mistaken."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(_INITIAL_GROUP_LETTERS)) for _ in range(_INITIAL_GROUPS)
    )


def hash_password(password: str) -> str:
    """What is stored of a password: algorithm, parameters, salt and hash in one text. Takes about 18 ms."""
    return _HASHER.hash(_bytes(password))


def verify_password(stored_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes about 18 ms, also when nothing is stored: then it is False after equal work.

    Raises `Internal` if what is stored is no argon2 hash.
    """
    try:
        _HASHER.verify(stored_hash or _HASH_OF_NOBODY, _bytes(password))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        raise Internal("The stored password hash cannot be read.") from None
    return stored_hash is not None


def needs_rehash(stored_hash: str) -> bool:
    """Whether it was hashed with other parameters than today's: to be replaced when the password is next known."""
    return _HASHER.check_needs_rehash(stored_hash)


class PasswordWorkers:
    """Threads that hash and verify, so that the loop does not wait: few of them, because each takes a core and 19 MiB.

    Raises `Unavailable` when more than `waiting_max` wait already: their callers would give up before their turn.
    """

    def __init__(self, *, threads: int = 2, waiting_max: int = 256) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._inside = 0
        self._inside_max = threads + waiting_max

    async def hash(self, password: str) -> str:
        """As `hash_password`."""
        return await self._run(hash_password, password)

    async def verify(self, stored_hash: str | None, password: str) -> bool:
        """As `verify_password`."""
        return await self._run(verify_password, stored_hash, password)

    def close(self) -> None:
        """Finish what is running and drop what waits."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        assert not kwargs, kwargs
        if self._inside >= self._inside_max:
            raise Unavailable("Too many sign-ins at once; try again in a few seconds.", retry_after_s=5)
        self._inside += 1
        future = self._threads.submit(work, *args, **kwargs)
        loop = asyncio.get_running_loop()
        # Counted down when the thread is done and not when the caller is, who may have hung up.
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        return await asyncio.wrap_future(future)

    def _leave(self) -> None:
        self._inside -= 1


def _bytes(password: str) -> bytes:
    return _composed(password).encode("utf-8", "surrogatepass")


def _composed(password: str) -> str:
    # Systems type an ü in one or in two characters; it is the same password. Source: RFC 8265, OpaqueString.
    return unicodedata.normalize("NFC", password)
