"""Workspaces: kept, found by their account only, listed, and found when their days of grace are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.factories import make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.workspaces import store
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace

ALL = PageRequest(limit=100)


async def make(probe: Probe, count: int = 1, *, seconds: float = 0) -> list[Workspace]:
    """Workspaces, one after the other."""
    made = []
    for index in range(count):
        made.append(await probe.write(lambda call, index=index: make_workspace(call, name=f"W{index}")))  # type: ignore[misc]
        probe.clock.advance(seconds)
    return made


async def test_a_workspace_is_kept_as_it_is(probe: Probe) -> None:
    (made,) = await make(probe)
    now = probe.clock.now()
    changed = replace(
        made,
        name="Käfig",
        status=Status.SUSPENDED,
        suspension_reason=SuspensionReason.BILLING,
        suspended_at=now,
        purge_at=now + timedelta(days=30, microseconds=1),
        updated_at=now,
    )

    await probe.write(lambda call: store.put(call.tx, changed))

    assert await probe.read(lambda call: store.find(call.tx, call.account_id, made.id)) == changed


async def test_another_account_has_no_such_workspace(probe: Probe) -> None:
    (made,) = await make(probe)
    other = probe.organization.production

    assert await probe.house.read(other, lambda call: store.find(call.tx, call.account_id, made.id)) is None
    await probe.house.write(other, lambda call: store.put(call.tx, replace(made, account_id=other.id, name="Stolen")))
    await probe.house.write(other, lambda call: store.delete(call.tx, call.account_id, made.id))

    assert await probe.read(lambda call: store.find(call.tx, call.account_id, made.id)) == made


async def test_whose_a_workspace_is_can_be_asked(probe: Probe) -> None:
    (made,) = await make(probe)

    assert await probe.read(lambda call: store.account_of(call.tx, made.id)) == probe.account.id
    assert await probe.read(lambda call: store.account_of(call.tx, "ws_nobody")) is None


async def test_an_account_has_one_default_workspace(probe: Probe) -> None:
    (made,) = await make(probe)

    default = await probe.read(lambda call: store.default_of(call.tx, call.account_id))

    assert default.is_default
    assert default.id != made.id
    with pytest.raises(Conflict):
        await probe.write(lambda call: store.put(call.tx, replace(made, is_default=True)))


async def test_a_list_goes_by_id_both_ways_over_some_accounts(probe: Probe) -> None:
    made = await make(probe, 3, seconds=1)
    accounts = [probe.account.id, probe.organization.production.id]

    def listed(call: Call, accounts: list[str], page: PageRequest = ALL, span: Span | None = None) -> list[str]:
        return [each.id for each in store.by_id(call.tx, accounts, page, span=span or Span()).items]

    newest = await probe.read(lambda call: listed(call, accounts))
    assert newest == sorted(newest, reverse=True)
    assert len(newest) == 5  # each account has its default workspace
    assert len(await probe.read(lambda call: listed(call, accounts[:1]))) == 4
    assert await probe.read(lambda call: listed(call, [])) == []
    assert await probe.read(lambda call: listed(call, accounts, span=Span(ascending=True))) == newest[::-1]
    assert await probe.read(lambda call: listed(call, accounts, PageRequest(limit=1, after=made[2].id))) == [made[1].id]
    span = Span(since=micros(made[1].created_at), until=micros(made[2].created_at))
    assert await probe.read(lambda call: listed(call, accounts, span=span)) == [made[1].id]


async def test_a_list_can_be_of_one_status_and_says_whether_others_follow(probe: Probe) -> None:
    made = await make(probe, 2)
    await probe.write(lambda call: store.put(call.tx, replace(made[0], status=Status.ARCHIVED)))

    def listed(call: Call, status: str, limit: int) -> tuple[list[str], bool]:
        page = store.by_id(call.tx, [call.account_id], PageRequest(limit=limit), status=status)
        return [each.id for each in page.items], page.more

    assert await probe.read(lambda call: listed(call, "archived", 1)) == ([made[0].id], False)
    assert (await probe.read(lambda call: listed(call, "active", 1)))[1]


async def test_days_of_grace_end_at_their_moment(probe: Probe) -> None:
    made = await make(probe, 3)
    soon, later = probe.clock.now() + timedelta(days=1), probe.clock.now() + timedelta(days=2)
    for workspace, purge_at in zip(made, (soon, later, None), strict=True):
        await probe.write(lambda call, w=workspace, at=purge_at: store.put(call.tx, replace(w, purge_at=at)))  # type: ignore[misc]

    async def due() -> list[str]:
        return [each.id for each in await probe.read(lambda call: store.due_for_purge(call.tx, 10))]

    probe.clock.advance(86_400 - 1e-6)
    assert await due() == []
    probe.clock.advance(1e-6)
    assert await due() == [made[0].id]
    probe.clock.advance(86_400)
    assert await due() == [made[0].id, made[1].id]


async def test_a_deleted_row_is_gone(probe: Probe) -> None:
    (made,) = await make(probe)

    await probe.write(lambda call: store.delete(call.tx, call.account_id, made.id))

    assert await probe.read(lambda call: store.find(call.tx, call.account_id, made.id)) is None
