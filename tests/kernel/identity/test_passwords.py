"""What a password must be like, and what is kept of it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Self

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from tests.made_light import AS_THEY_ARE

from harbor.kernel.errors import Internal, Invalid, Unavailable
from harbor.kernel.identity import passwords
from harbor.kernel.identity.passwords import (
    PasswordWorkers,
    check_password,
    hash_password,
    initial_password,
    needs_rehash,
    verify_password,
)

EMAIL = "ada.lovelace@example.com"

MakeWorkers = Callable[..., PasswordWorkers]


@pytest.fixture(autouse=True, scope="module")
def _hashes_as_they_are() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, real in AS_THEY_ARE.items():
            patch.setattr(passwords, name, real)
        yield


@pytest.fixture
def workers() -> Iterator[MakeWorkers]:
    """Makes workers that are closed after the test."""
    made: list[PasswordWorkers] = []

    def make(**given: int) -> PasswordWorkers:
        made.append(PasswordWorkers(**given))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("password", ["x" * 12, "x" * 256, "correct horse battery staple", "ü" * 12, "  12 chars  "])
def test_a_password_of_12_to_256_characters_may_be_chosen(password: str) -> None:
    assert check_password(password, EMAIL) == password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("x" * 11, "password_too_short"),
        ("u\u0308" * 11, "password_too_short"),
        ("x" * 257, "password_too_long"),
        (EMAIL, "password_is_email"),
        (" Ada.Lovelace@EXAMPLE.com ", "password_is_email"),
        ("ada.lovelace", "password_is_email"),
    ],
)
def test_other_passwords_are_refused_with_the_reason(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, EMAIL)
    assert (refused.value.code, refused.value.field) == (code, "password")
    assert not password or password not in refused.value.message


def test_a_hash_names_its_parameters_and_never_repeats() -> None:
    one, other = hash_password("correct horse"), hash_password("correct horse")

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert verify_password(one, "correct horse")
    assert verify_password(other, "correct horse")
    assert not verify_password(one, "correct horsf")


def test_the_same_password_typed_on_another_system_is_right() -> None:
    assert verify_password(hash_password("Mu\u0308ller und So\u0308hne"), "M\u00fcller und S\u00f6hne")


def test_half_of_a_surrogate_pair_is_a_wrong_password_and_no_crash() -> None:
    assert not verify_password(hash_password("correct horse"), "correct \ud800")


def test_an_unknown_person_costs_the_same_hash_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            seen.append(str(hash))
            return True  # even if somebody found the password of nobody

    monkeypatch.setattr(passwords, "_HASHER", Watched(time_cost=2, memory_cost=19 * 1024, parallelism=1))

    assert not verify_password(None, "whatever it is")
    assert len(seen) == 1
    assert not needs_rehash(seen[0])


def test_only_a_hash_of_other_parameters_needs_a_rehash() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse")

    assert needs_rehash(weak)
    assert verify_password(weak, "correct horse")
    assert not needs_rehash(hash_password("correct horse"))


@pytest.mark.parametrize("stored", ["plain", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
def test_a_hash_that_cannot_be_read_is_our_fault_and_is_not_shown(stored: str) -> None:
    with pytest.raises(Internal) as broken:
        verify_password(stored, "correct horse")
    assert stored not in broken.value.message


def test_an_initial_password_may_be_chosen_and_is_another_each_time() -> None:
    made = {initial_password() for _ in range(200)}

    assert len(made) == 200
    assert all(re.fullmatch(r"(?:[0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}", one) for one in made)
    assert all(check_password(one, EMAIL) for one in made)


@given(st.text(max_size=300))
def test_whatever_is_typed_is_accepted_or_refused_in_words(text: str) -> None:
    with suppress(Invalid):
        assert check_password(text, EMAIL) == text


async def test_workers_hash_and_verify_off_the_loop(workers: MakeWorkers) -> None:
    made = workers()
    stored = await made.hash("correct horse")
    verifying = asyncio.create_task(made.verify(stored, "correct horse"))
    await asyncio.sleep(0)

    assert not verifying.done()
    assert await verifying
    assert not await made.verify(stored, "wrong horse")
    assert not await made.verify(None, "correct horse")


async def test_beyond_the_bound_of_waiting_the_answer_is_unavailable(workers: MakeWorkers) -> None:
    made = workers(threads=1, waiting_max=1)
    running = [asyncio.create_task(made.verify(None, "x")) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable) as refused:
        await made.verify(None, "x")

    assert refused.value.retry_after_s == 5
    assert await asyncio.gather(*running) == [False, False]
    assert not await made.verify(None, "x")


async def test_a_caller_who_hangs_up_still_holds_a_place_until_the_thread_is_done(workers: MakeWorkers) -> None:
    made = workers(threads=1, waiting_max=0)
    held = Held(hash_password("correct horse"), asyncio.get_running_loop())
    caller = asyncio.create_task(made.verify(held, "x"))
    await held.is_read.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)

    with pytest.raises(Unavailable):
        await made.verify(None, "x")
    held.gate.set()


class Held(str):
    """A stored hash that tells when it is read, and is not read before the gate opens."""

    def __new__(cls, text: str, loop: asyncio.AbstractEventLoop) -> Self:
        return super().__new__(cls, text)

    def __init__(self, text: str, loop: asyncio.AbstractEventLoop) -> None:
        self.gate = threading.Event()
        self.is_read = asyncio.Event()
        self._loop = loop

    def encode(self, *args: str, **kwargs: str) -> bytes:
        self._loop.call_soon_threadsafe(self.is_read.set)
        assert self.gate.wait(10)
        return super().encode(*args, **kwargs)
