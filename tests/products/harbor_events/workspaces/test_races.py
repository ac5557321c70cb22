"""Two administrators at one workspace: what comes of it is what came of one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.factories import make_event, make_webhook, make_workspace
from tests.kernel.probe import Probe
from tests.racing import overlapping, together

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.storage.database import Work
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.workspaces import store
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace
from harbor.products.harbor_events.workspaces import service

Act = Callable[[Call, str], Any]


def rename(call: Call, workspace_id: str) -> None:
    service.rename(call, workspace_id, name="Market")


def suspend(call: Call, workspace_id: str) -> None:
    service.suspend(call, workspace_id, reason=SuspensionReason.MANUAL)


def activate(call: Call, workspace_id: str) -> None:
    service.activate(call, workspace_id)


def archive(call: Call, workspace_id: str) -> None:
    service.archive(call, workspace_id)


def delete(call: Call, workspace_id: str) -> None:
    service.delete(call, workspace_id, grace_days=7)


ACTS: tuple[Act, ...] = (rename, suspend, activate, archive, delete)


def at(shop: Probe, workspace_id: str, *acts: Act) -> list[Work[Any]]:
    """Each act on the workspace as a work of its own."""
    return [lambda tx, act=act: act(shop.house._call(tx, shop.account), workspace_id) for act in acts]  # type: ignore[misc]


async def new_workspace(shop: Probe, status: Status = Status.ACTIVE) -> str:
    return await shop.write(lambda call: make_workspace(call, status=status).id)


async def workspace(shop: Probe, workspace_id: str) -> Workspace:
    found = await shop.read(lambda call: store.find(call.tx, call.account_id, workspace_id))
    assert found is not None
    return found


async def come_to(shop: Probe, workspace_id: str, refused: Any) -> tuple[object, ...]:
    """What a workspace is now, and how the second of two was answered."""
    found = await workspace(shop, workspace_id)
    answer = refused.code if isinstance(refused, Conflict) else refused
    return found.name, found.status, found.suspension_reason, found.suspended_at, found.purge_at, answer


@pytest.mark.parametrize("start", [Status.ACTIVE, Status.ARCHIVED])
@pytest.mark.parametrize("first", ACTS)
async def test_two_changes_at_once_are_one_after_the_other(shop: Probe, first: Act, start: Status) -> None:
    for second in ACTS:
        raced, calm = await new_workspace(shop, start), await new_workspace(shop, start)

        _, answer = await overlapping(shop.house.database, *at(shop, raced, first, second))
        for act in (first, second):
            calm_answer: Any = None
            try:
                (work,) = at(shop, calm, act)
                await shop.house.database.write(work)
            except Conflict as refused:
                calm_answer = refused

        assert await come_to(shop, raced, answer) == await come_to(shop, calm, calm_answer), second.__name__


@pytest.mark.parametrize(("first", "second"), [(rename, suspend), (suspend, rename)])
async def test_a_new_name_lets_no_suspended_workspace_write(shop: Probe, first: Act, second: Act) -> None:
    workspace_id = await new_workspace(shop)

    await together(shop.house.database, *at(shop, workspace_id, first, second))

    found = await workspace(shop, workspace_id)
    assert (found.name, found.status) == ("Market", Status.SUSPENDED)


async def test_a_workspace_activated_while_it_is_deleted_is_not_purged(shop: Probe) -> None:
    workspace_id = await new_workspace(shop, Status.ARCHIVED)

    _, refused = await overlapping(shop.house.database, *at(shop, workspace_id, activate, delete))

    assert isinstance(refused, Conflict)
    found = await workspace(shop, workspace_id)
    assert (found.status, found.purge_at) == (Status.ACTIVE, None)


async def test_what_waits_agrees_with_its_workspace_whoever_was_last(shop: Probe) -> None:
    def furnish(call: Call) -> tuple[str, Subscription]:
        made = make_workspace(call)
        webhook = make_webhook(call, workspace=made)
        make_event(call, workspace=made)
        return made.id, webhook

    for acts, state in (
        ((suspend, activate), "due"),
        ((suspend, archive), "canceled"),
        ((archive, suspend), "canceled"),
    ):
        workspace_id, webhook = await shop.write(furnish)

        await overlapping(shop.house.database, *at(shop, workspace_id, *acts))

        assert await shop.states(webhook.id) == [state]
