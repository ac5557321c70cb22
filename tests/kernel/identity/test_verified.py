"""The memory of verified passwords forgets in time, and at once when the stored hash is another."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Unavailable
from harbor.kernel.identity.verified import VerifiedPasswords


class Stopwatch:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Verifier:
    """Says what it was told, after the gate opens, and counts how often it was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> bool:
        self.calls += 1
        await self.gate.wait()
        return self.answer


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def verified(stopwatch: Stopwatch) -> VerifiedPasswords:
    return VerifiedPasswords(items_max=3, monotonic_s=stopwatch)


def test_what_was_remembered_is_known(verified: VerifiedPasswords) -> None:
    verified.remember("ppl_1", "hash", "password")

    assert verified.knows("ppl_1", "hash", "password")


@pytest.mark.parametrize(
    "other",
    [
        ("ppl_2", "hash", "password"),
        ("ppl_1", "hash after a change", "password"),
        ("ppl_1", "hash", "Password"),
        ("ppl_1", "hashp", "assword"),
        ("ppl_", "1hash", "password"),
    ],
)
def test_another_person_hash_or_password_is_not_known(verified: VerifiedPasswords, other: tuple[str, str, str]) -> None:
    verified.remember("ppl_1", "hash", "password")

    assert not verified.knows(*other)


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_only_the_very_same_three_are_known(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    verified = VerifiedPasswords()
    verified.remember(*one)

    assert verified.knows(*other) == (one == other)


def test_an_entry_ends_after_30_seconds_however_often_it_is_used(
    verified: VerifiedPasswords, stopwatch: Stopwatch
) -> None:
    verified.remember("ppl_1", "hash", "password")
    stopwatch.seconds += 20
    assert verified.knows("ppl_1", "hash", "password")
    stopwatch.seconds += 9.9
    assert verified.knows("ppl_1", "hash", "password")
    stopwatch.seconds += 0.1

    assert not verified.knows("ppl_1", "hash", "password")
    assert len(verified) == 0


def test_the_entry_used_longest_ago_goes_first(verified: VerifiedPasswords) -> None:
    for number in range(3):
        verified.remember(f"ppl_{number}", "hash", "password")
    verified.knows("ppl_0", "hash", "password")

    verified.remember("ppl_3", "hash", "password")

    assert len(verified) == 3
    assert [verified.knows(f"ppl_{number}", "hash", "password") for number in range(4)] == [True, False, True, True]


def test_memory_shows_no_password_and_differs_between_processes() -> None:
    one, other = VerifiedPasswords(), VerifiedPasswords()
    for each in (one, other):
        each.remember("ppl_1", "hash", "password")

    assert "password" not in repr(vars(one)["_ends"])
    assert set(vars(one)["_ends"]).isdisjoint(vars(other)["_ends"])


async def test_a_right_password_is_verified_once(verified: VerifiedPasswords) -> None:
    verify = Verifier()

    assert [await verified.check("ppl_1", "hash", "password", verify) for _ in range(3)] == [True] * 3
    assert verify.calls == 1


async def test_a_wrong_password_is_verified_each_time(verified: VerifiedPasswords) -> None:
    verify = Verifier(answer=False)

    assert [await verified.check("ppl_1", "hash", "password", verify) for _ in range(3)] == [False] * 3
    assert verify.calls == 3


async def test_many_who_ask_at_once_share_one_verification(verified: VerifiedPasswords) -> None:
    verify = Verifier()
    verify.gate.clear()
    asked = [asyncio.create_task(verified.check("ppl_1", "hash", "password", verify)) for _ in range(50)]
    other = asyncio.create_task(verified.check("ppl_1", "hash", "another", verify))
    await asyncio.sleep(0)
    verify.gate.set()

    assert await asyncio.gather(*asked) == [True] * 50
    assert await other
    assert verify.calls == 2


async def test_one_who_hangs_up_does_not_end_the_verification_of_the_others(verified: VerifiedPasswords) -> None:
    verify = Verifier()
    verify.gate.clear()
    first, second = (asyncio.create_task(verified.check("ppl_1", "hash", "password", verify)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    verify.gate.set()

    assert await second
    assert verify.calls == 1


async def test_a_verification_that_fails_is_told_and_tried_again(verified: VerifiedPasswords) -> None:
    async def fail() -> bool:
        raise Unavailable("busy")

    with pytest.raises(Unavailable):
        await verified.check("ppl_1", "hash", "password", fail)

    assert await verified.check("ppl_1", "hash", "password", Verifier())
