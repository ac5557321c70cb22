"""What stands above every page: webhooks that Harbor has switched off, told to who may enable them again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.console.session import Browser
from tests.factories import make_webhook
from tests.products.harbor_events.pages.desk import HOSTILE, Desk, open_desk

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.model import Standing
from harbor.kernel.webhooks.subscriptions import store
from harbor.kernel.workspaces import store as workspaces

SENTENCE = "switched off in"


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, clock, tmp_path) as opened:
        yield opened


def switched_off(reason: str | None) -> object:
    def act(call: Call) -> None:
        webhook = make_webhook(call)
        store.put(call.tx, replace(webhook, status=Standing.DISABLED, disabled_reason=reason))
        call.subscriptions_changed()

    return act


async def page(browser: Browser, path: str) -> str:
    return (await browser.get(path)).body.decode()


async def test_what_harbor_switched_off_stands_above_every_page_of_the_environment(desk: Desk) -> None:
    await desk.write(switched_off("failing"))  # type: ignore[arg-type]
    await desk.write(switched_off("gone"))  # type: ignore[arg-type]

    for path in (f"{desk.place}/events", f"{desk.place}/settings"):
        shown = await page(desk.owner, path)
        assert "2 webhooks were switched off in" in shown
        assert f"/console{desk.place}/webhooks?status=disabled" in shown
    other = await desk.house.read(desk.organization.production, lambda call: call.default_workspace().id)
    production = await page(desk.owner, f"/production/harbor/{other}/events")
    assert "<main" in production
    assert SENTENCE not in production


async def test_a_pause_is_nobodys_alarm(desk: Desk) -> None:
    await desk.write(switched_off(None))  # type: ignore[arg-type]

    assert SENTENCE not in await page(desk.owner, f"{desk.place}/events")


async def test_the_name_of_the_workspace_is_a_text(desk: Desk) -> None:
    await desk.write(switched_off("failing"))  # type: ignore[arg-type]
    await desk.write(
        lambda call: (workspaces.put(call.tx, replace(desk.workspace, name=HOSTILE[0])), call.subscriptions_changed())
    )

    shown = await page(desk.owner, f"{desk.place}/events")
    assert SENTENCE in shown
    assert HOSTILE[0] not in shown
