"""What is remembered of a key is used only while nothing about the account's keys has changed since it was read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.factories import Key, make_key
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.identity import store
from harbor.kernel.identity.callers import Callers
from harbor.kernel.identity.model import Credential, Principal
from harbor.kernel.storage.database import Tx

Change = Callable[[Call, Credential], Credential]


def revoked(call: Call, key: Credential) -> Credential:
    return replace(key, revoked_at=call.tx.now)


def narrowed(_: Call, key: Credential) -> Credential:
    return replace(key, scopes=frozenset({"events:read"}))


@pytest.fixture
async def key(probe: Probe) -> Key:
    return await probe.write(make_key)


async def change(probe: Probe, key: Key, how: Change) -> None:
    def act(call: Call) -> None:
        present = store.credential(call.tx, call.account_id, key.credential.id)
        assert present is not None
        store.put_credential(call.tx, how(call, present))

    await probe.write(act)


def confirm(tx: Tx, callers: Callers, found: Principal) -> Principal | None:
    """The caller, as a request asks for it in its transaction."""
    return callers.confirm(tx, found, str(store.tokens(tx, found.account_id)["credentials"]))


async def ask(probe: Probe, callers: Callers, key: Key) -> Principal | None:
    """The caller of a whole request."""
    found = await callers.find(key.secret)
    return None if found is None else await probe.house.database.write(lambda tx: confirm(tx, callers, found))


@pytest.mark.parametrize("how", [revoked, narrowed])
async def test_a_change_between_the_look_and_the_transaction_counts(probe: Probe, key: Key, how: Change) -> None:
    callers = Callers(probe.house.database)
    found = await callers.find(key.secret)
    assert found is not None

    await change(probe, key, how)
    confirmed = await probe.house.database.write(lambda tx: confirm(tx, callers, found))

    assert found.scopes is None
    assert (confirmed.scopes if confirmed else None) == (None if how is revoked else {"events:read"})
    assert (confirmed is None) == (how is revoked)


@pytest.mark.parametrize("how", [revoked, narrowed])
async def test_a_change_counts_in_the_next_read_though_reads_remember(probe: Probe, key: Key, how: Change) -> None:
    callers, database = Callers(probe.house.database), probe.house.database
    found = await callers.find(key.secret)
    assert found is not None
    for _ in range(2):  # the second from what the first remembered
        assert await database.read(lambda tx: confirm(tx, callers, found)) is not None

    await change(probe, key, how)
    confirmed = await database.read(lambda tx: confirm(tx, callers, found))

    assert (confirmed.scopes if confirmed else "refused") == ("refused" if how is revoked else {"events:read"})


@pytest.mark.parametrize("how", [revoked, narrowed])
async def test_what_another_process_changes_counts_in_the_next_request(probe: Probe, key: Key, how: Change) -> None:
    here, there = Callers(probe.house.database), Callers(probe.house.database)
    assert await ask(probe, here, key) is not None
    assert await ask(probe, there, key) is not None

    await change(probe, key, how)
    answers = [await ask(probe, callers, key) for callers in (here, there)]

    assert [answer.scopes if answer else "refused" for answer in answers] == (
        ["refused"] * 2 if how is revoked else [frozenset({"events:read"})] * 2
    )


async def test_while_nothing_changes_a_key_is_read_once(
    probe: Probe, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = Callers(probe.house.database)
    assert await ask(probe, callers, key) is not None
    reads = watch(monkeypatch, lambda: None)

    for _ in range(3):
        assert await ask(probe, callers, key) is not None

    assert reads == []


@pytest.mark.parametrize("how", [revoked, narrowed])
async def test_a_change_that_commits_while_a_key_is_read_counts_in_the_next_request(
    probe: Probe, key: Key, how: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before a change is never remembered as if it had been read after it."""
    callers, loop = Callers(probe.house.database), asyncio.get_running_loop()
    assert await ask(probe, callers, key) is not None
    await change(probe, key, lambda _, present: replace(present, name="Another name"))  # so that it is read again

    def commit_now() -> None:
        if probe.house.database.engine == "postgres":  # on SQLite nobody commits in the middle of another's work
            asyncio.run_coroutine_threadsafe(change(probe, key, how), loop).result(10)

    reads = watch(monkeypatch, commit_now)
    await ask(probe, callers, key)
    monkeypatch.undo()
    if probe.house.database.engine == "sqlite":
        await change(probe, key, how)

    answer = await ask(probe, callers, key)

    assert len(reads) == 1
    assert (answer is None) == (how is revoked)
    assert answer is None or answer.scopes == frozenset({"events:read"})


async def test_who_is_unknown_is_not_remembered(probe: Probe, key: Key) -> None:
    callers = Callers(probe.house.database)
    assert await ask(probe, callers, key) is not None

    for number in range(20):
        assert await callers.find(f"hb_test_{number}") is None

    assert len(callers._known) == 1


def watch(monkeypatch: pytest.MonkeyPatch, after: Callable[[], None]) -> list[str]:
    """Note each read of a credential, and do something when it has been read."""
    reads: list[str] = []
    read = store.credential_by_digest

    def watched(tx: Tx, digest: str) -> Credential | None:
        found = read(tx, digest)
        reads.append(digest)
        after()
        return found

    monkeypatch.setattr(store, "credential_by_digest", watched)
    return reads


async def test_a_secret_of_another_form_is_nobody_here_though_another_product_knows_it(probe: Probe) -> None:
    secret = await probe.write(lambda call: make_key(call, workspace=call.default_workspace()).secret)
    callers = Callers(probe.house.database)
    assert await callers.find(secret) is not None

    assert await callers.find(secret, lambda _secret: False) is None
