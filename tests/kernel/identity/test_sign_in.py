"""Signing in, being signed in, and being signed out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from tests.kernel.identity.conftest import AddPerson

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import HarborError, Limited, Unauthenticated, Unavailable
from harbor.kernel.identity import people, people_store, sessions, sessions_store
from harbor.kernel.identity import sign_in as signing_in
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.passwords import PasswordWorkers, hash_password, needs_rehash
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.identity.sessions_model import SESSIONS_PER_PERSON_MAX, client_label
from harbor.kernel.identity.sign_in import NewSession, Verified
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.storage.database import Database, Tx

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
WEAK_HASH = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


class Door:
    """Signs in at the test's database."""

    def __init__(self, database: Database, clock: ManualClock, new_id: Callable[[str], str]) -> None:
        self.database = database
        self.clock = clock
        self.new_id = new_id
        self.passwords = PasswordWorkers()
        self.throttle = SignInThrottle(MemoryRateLimiter())

    async def verify(
        self, email: str = "ada@example.com", password: str = PASSWORD, address: str = "192.0.2.1"
    ) -> Verified:
        """The first half."""
        return await signing_in.verify(
            self.database,
            self.passwords,
            self.throttle,
            email=email,
            password=password,
            address=address,
            now=self.clock.now(),
        )

    async def open(self, verified: Verified, client: str = "Firefox on Linux") -> NewSession:
        """The second half."""
        return await self.database.write(lambda tx: signing_in.sign_in(tx, self.new_id, verified, client=client))

    async def sign_in(self, **given: Any) -> NewSession:
        """Both halves."""
        return await self.open(await self.verify(**given))

    async def find(self, secret: str, environment: Environment = Environment.PRODUCTION) -> sessions.SignedIn | None:
        """Who comes with a secret."""
        return await self.database.read(
            lambda tx: sessions.find(tx, secret, environment, member_scopes=frozenset({"events:read"}))
        )

    async def fail(self, **given: Any) -> HarborError:
        """The refusal of a wrong password."""
        with pytest.raises(HarborError) as refused:
            await self.verify(**{"password": "wrong horse battery", **given})
        return refused.value


@pytest.fixture
def door(organizations: Database, clock: ManualClock, new_id: Callable[[str], str]) -> Iterator[Door]:
    """Where people sign in."""
    door = Door(organizations, clock, new_id)
    yield door
    door.passwords.close()


@pytest.fixture
async def ada(add_person: AddPerson) -> Person:
    """An owner who can sign in."""
    return await add_person(role=Role.OWNER, password_hash=HASH)


async def test_who_signs_in_acts_for_the_account_of_the_chosen_environment(door: Door, ada: Person) -> None:
    made = await door.sign_in(email=" ADA@example.com")

    for environment in Environment:
        found = await door.find(made.secret, environment)
        assert found is not None
        assert found.person.id == ada.id
        assert found.session.client == "Firefox on Linux"
        assert found.principal.account_id == f"acc_a_{environment.value}"
        assert found.principal.environment is environment
        assert (found.principal.organization_id, found.principal.actor) == ("org_a", ada.id)
        assert found.principal.expires_at == made.session.expires_at


@pytest.mark.parametrize(("role", "may_write"), [(Role.OWNER, True), (Role.ADMIN, True), (Role.MEMBER, False)])
async def test_a_role_decides_what_a_person_may_do(
    door: Door, add_person: AddPerson, role: Role, may_write: bool
) -> None:
    await add_person(role=role, password_hash=HASH)

    found = await door.find((await door.sign_in()).secret)

    assert found is not None
    assert found.principal.has_scope("events:read")
    assert found.principal.has_scope("events:write") is may_write
    assert not found.principal.is_root


async def test_the_secret_has_256_bits_and_only_its_digest_is_stored(door: Door, ada: Person) -> None:
    made = await door.sign_in()
    other = await door.sign_in()

    rows = await door.database.read(lambda tx: tx.rows("SELECT * FROM sessions"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", made.secret)
    assert made.secret != other.secret
    assert made.secret not in repr(rows)
    assert made.secret not in repr(made)
    assert all(len(row["digest"]) == 64 for row in rows)


async def test_unknown_inactive_passwordless_and_wrong_are_refused_in_the_same_words(
    door: Door, ada: Person, add_person: AddPerson
) -> None:
    inactive = await add_person(email="off@example.com", password_hash=HASH)
    await door.database.write(lambda tx: people.change(tx, "org_a", inactive.id, is_active=False))
    await add_person(email="new@example.com", password_hash=None)

    emails = ("nobody@example.com", "off@example.com", "new@example.com", "no address at all")
    refusals = [await door.fail(), *[await door.fail(email=email, password=PASSWORD) for email in emails]]

    assert all(isinstance(refusal, Unauthenticated) for refusal in refusals)
    assert {(refusal.message, refusal.code) for refusal in refusals} == {
        ("The e-mail or the password is wrong.", "sign_in_refused")
    }


async def test_an_outdated_hash_is_replaced_and_nobody_is_signed_out(door: Door, add_person: AddPerson) -> None:
    ada = await add_person(password_hash=WEAK_HASH)

    first = await door.sign_in()
    renewed = await door.database.read(lambda tx: people_store.find(tx, "org_a", ada.id))
    second = await door.sign_in()
    again = await door.database.read(lambda tx: people_store.find(tx, "org_a", ada.id))

    assert renewed is not None
    assert renewed.password_hash is not None
    assert not needs_rehash(renewed.password_hash)
    assert again == renewed
    assert await door.find(first.secret)
    assert await door.find(second.secret)


async def test_a_session_ends_after_14_days_used_or_not(door: Door, ada: Person, clock: ManualClock) -> None:
    made = await door.sign_in()

    clock.advance(timedelta(days=14).total_seconds() - 1)
    assert await door.find(made.secret)
    clock.advance(1)
    assert await door.find(made.secret) is None
    assert await door.database.read(lambda tx: sessions_store.good_of(tx, ada.id)) == []


async def test_a_stranger_finds_nobody(door: Door, ada: Person) -> None:
    await door.sign_in()

    assert await door.find("") is None
    assert await door.find("x" * 43) is None


async def test_sessions_are_listed_newest_first_and_end_one_by_one(door: Door, ada: Person, clock: ManualClock) -> None:
    verified = await door.verify()
    made = []
    for client in ("Firefox", "curl", "Safari"):
        made.append(await door.open(verified, client))
        clock.advance(1)

    assert await door.database.write(lambda tx: sessions_store.revoke(tx, ada.id, made[1].session.id))
    assert not await door.database.write(lambda tx: sessions_store.revoke(tx, ada.id, made[1].session.id))
    assert not await door.database.write(lambda tx: sessions_store.revoke(tx, "ppl_other", made[0].session.id))

    assert [bool(await door.find(each.secret)) for each in made] == [True, False, True]
    listed = await door.database.read(lambda tx: sessions_store.good_of(tx, ada.id))
    assert [session.client for session in listed] == ["Safari", "Firefox"]


async def test_a_person_has_at_most_50_sessions_and_the_oldest_goes(
    door: Door, ada: Person, clock: ManualClock
) -> None:
    verified = await door.verify()
    made = []
    for _ in range(SESSIONS_PER_PERSON_MAX + 2):
        made.append(await door.open(verified))
        clock.advance(1)

    listed = await door.database.read(lambda tx: sessions_store.good_of(tx, ada.id))
    rows = await door.database.read(lambda tx: tx.rows("SELECT id FROM sessions"))
    assert [session.id for session in listed] == [each.session.id for each in made[:1:-1]]
    assert len(rows) == SESSIONS_PER_PERSON_MAX


async def test_what_is_over_is_deleted_at_the_next_sign_in(door: Door, ada: Person, clock: ManualClock) -> None:
    verified = await door.verify()
    await door.open(verified)
    clock.advance(timedelta(days=14).total_seconds())
    revoked = await door.open(verified)
    await door.database.write(lambda tx: sessions_store.revoke(tx, ada.id, revoked.session.id))

    await door.open(verified)

    assert len(await door.database.read(lambda tx: tx.rows("SELECT id FROM sessions"))) == 1


async def test_a_new_password_ends_all_sessions_but_the_one_it_was_set_in(door: Door, ada: Person) -> None:
    here, there = await door.sign_in(), await door.sign_in()
    fresh = hash_password("another horse battery")

    await door.database.write(
        lambda tx: people.set_password(tx, "org_a", ada.id, fresh, keep_session_id=here.session.id)
    )

    assert await door.find(here.secret)
    assert await door.find(there.secret) is None
    assert isinstance(await door.fail(password=PASSWORD), Unauthenticated)
    assert await door.sign_in(password="another horse battery")


async def test_a_password_set_by_somebody_else_ends_all_sessions(door: Door, ada: Person) -> None:
    made = await door.sign_in()

    await door.database.write(lambda tx: people.set_password(tx, "org_a", ada.id, HASH))

    assert await door.find(made.secret) is None


async def test_a_deactivated_person_is_signed_out_and_stays_out_when_activated_again(
    door: Door, ada: Person, add_person: AddPerson
) -> None:
    await add_person(email="bob@example.com", role=Role.OWNER)
    made = await door.sign_in()

    await door.database.write(lambda tx: people.change(tx, "org_a", ada.id, is_active=False))
    assert await door.find(made.secret) is None
    await door.database.write(lambda tx: people.change(tx, "org_a", ada.id, is_active=True))

    assert await door.find(made.secret) is None
    assert await door.sign_in()


async def test_a_changed_role_counts_at_once(door: Door, add_person: AddPerson) -> None:
    ada = await add_person(role=Role.ADMIN, password_hash=HASH)
    made = await door.sign_in()

    await door.database.write(lambda tx: people.change(tx, "org_a", ada.id, role=Role.MEMBER))

    found = await door.find(made.secret)
    assert found is not None
    assert not found.principal.has_scope("events:write")


@pytest.mark.parametrize("change", ["password", "active"])
async def test_what_changes_between_the_two_halves_of_signing_in_counts(
    door: Door, ada: Person, add_person: AddPerson, change: str
) -> None:
    await add_person(email="bob@example.com", role=Role.OWNER)
    verified = await door.verify()

    def happen(tx: Tx) -> None:
        if change == "password":
            people.set_password(tx, "org_a", ada.id, "another hash")
        else:
            people.change(tx, "org_a", ada.id, is_active=False)

    await door.database.write(happen)

    with pytest.raises(Unauthenticated):
        await door.open(verified)


async def test_no_session_of_the_old_password_survives_a_race_with_the_new_one(door: Door, ada: Person) -> None:
    verified = await door.verify()

    await asyncio.gather(
        *(door.open(verified) for _ in range(4)),
        door.database.write(lambda tx: people.set_password(tx, "org_a", ada.id, "another hash")),
        *(door.open(verified) for _ in range(4)),
        return_exceptions=True,
    )

    assert await door.database.read(lambda tx: sessions_store.good_of(tx, ada.id)) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  Mozilla/5.0 (X11)  ", "Mozilla/5.0 (X11)"),
        ("a\r\nb\x00\u202ec\u00a0d", "a b c d"),
        (" \t", "Unknown client"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_client_is_shown_in_one_harmless_line(text: str, label: str) -> None:
    assert client_label(text) == label


async def test_ten_failures_of_an_address_close_it_for_a_quarter_of_an_hour(
    door: Door, ada: Person, clock: ManualClock
) -> None:
    for number in range(10):
        assert isinstance(await door.fail(email=f"{number}@example.com"), Unauthenticated)
    clock.advance(60)

    refused = await door.fail(password=PASSWORD)
    assert isinstance(refused, Limited)
    assert refused.retry_after_s == 14 * 60
    assert await door.sign_in(address="192.0.2.2")
    clock.advance(14 * 60)
    assert await door.sign_in()


async def test_ten_failures_of_an_email_close_it_for_every_address(
    door: Door, ada: Person, add_person: AddPerson, clock: ManualClock
) -> None:
    await add_person(email="bob@example.com", password_hash=HASH)
    for number in range(10):
        await door.fail(email="ADA@example.com " if number % 2 else "ada@example.com", address=f"192.0.2.{number}")

    assert isinstance(await door.fail(address="192.0.2.77", password=PASSWORD), Limited)
    assert await door.sign_in(email="bob@example.com", address="192.0.2.77")
    clock.advance(15 * 60)
    assert await door.sign_in(address="192.0.2.77")


async def test_an_unknown_email_is_closed_like_a_known_one(door: Door, ada: Person) -> None:
    for number in range(10):
        await door.fail(email="nobody@example.com", address=f"192.0.2.{number}")

    assert isinstance(await door.fail(email="nobody@example.com", address="192.0.2.77"), Limited)


async def test_successes_do_not_count_and_do_not_make_failures_forgotten(door: Door, ada: Person) -> None:
    for _ in range(9):
        await door.fail()
    for _ in range(15):
        await door.sign_in()
    assert isinstance(await door.fail(), Unauthenticated)

    assert isinstance(await door.fail(password=PASSWORD), Limited)


async def test_a_refusal_by_email_does_not_use_up_the_address(door: Door, ada: Person, add_person: AddPerson) -> None:
    await add_person(email="bob@example.com", password_hash=HASH)
    for number in range(10):
        await door.fail(address=f"192.0.2.{number}")
    for _ in range(20):
        assert isinstance(await door.fail(address="192.0.2.77"), Limited)

    assert await door.sign_in(email="bob@example.com", address="192.0.2.77")


async def test_a_hundred_guesses_at_once_are_ten_guesses(door: Door, ada: Person) -> None:
    refusals = await asyncio.gather(*(door.fail() for _ in range(100)))

    assert sum(isinstance(refusal, Unauthenticated) for refusal in refusals) == 10
    assert sum(isinstance(refusal, Limited) for refusal in refusals) == 90


async def test_a_server_too_busy_to_look_counts_no_failure(door: Door, ada: Person) -> None:
    door.passwords.close()
    door.passwords = PasswordWorkers(threads=1, waiting_max=-1)
    for _ in range(12):
        assert isinstance(await door.fail(), Unavailable)
    door.passwords = PasswordWorkers()

    assert await door.sign_in()


async def test_a_permit_of_an_earlier_window_is_worth_nothing(door: Door, ada: Person, clock: ManualClock) -> None:
    permits = [await door.throttle.enter(address="192.0.2.1", email="ada@example.com", now=clock.now()) for _ in "123"]
    for each in permits:
        door.throttle.give_back(each)
    clock.advance(15 * 60)

    for _ in range(10):
        assert isinstance(await door.fail(), Unauthenticated)
    assert isinstance(await door.fail(), Limited)


@pytest.mark.parametrize(
    ("first", "second"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("unix", "unix")],
)
async def test_addresses_of_one_client_count_together(door: Door, ada: Person, first: str, second: str) -> None:
    for number in range(10):
        await door.fail(email=f"{number}@example.com", address=first)

    assert isinstance(await door.fail(address=second), Limited)
    assert isinstance(await door.fail(address="2001:db8:0:1::1"), Unauthenticated)
