"""An instance opens whole or not at all, and what it opened ends with it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harbor.app import Harbor
from harbor.cli.first_run import set_up
from harbor.kernel.bounds import BODY_BYTES_SPOOL_BUDGET, MIB
from harbor.kernel.errors import StartRefused
from harbor.kernel.ratelimit.memory import MemoryRateLimiter
from harbor.kernel.settings import Settings
from harbor.products.appharbor_apps.runner.helpers import Helpers


def threads() -> set[str]:
    """Those of an instance; the loop keeps its own."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("harbor")}


async def test_what_a_refused_start_had_opened_is_closed_and_the_next_one_opens(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", harper_body_bytes=300 * MIB)
    await set_up(settings, is_production=False)
    before, tasks = threads(), asyncio.all_tasks()
    too_long = replace(
        settings, harper_refresh_token_timeout="999999999y", given=frozenset({"harper_refresh_token_timeout"})
    )

    refused = Harbor(too_long)
    with pytest.raises(StartRefused, match="999999999y"):
        await refused.open()

    assert (threads(), asyncio.all_tasks()) == (before, tasks)
    harbor = Harbor(settings)
    await harbor.open()
    assert threads() > before
    assert harbor.services.budget.bytes_max == 600 * MIB  # the largest body fits, and another one beside it
    await harbor.close()
    assert (threads(), asyncio.all_tasks()) == (before, tasks)


async def test_a_close_that_fails_in_the_middle_still_closes_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path / "data")
    await set_up(settings, is_production=False)
    before = threads()

    async def broken(_: object) -> None:
        raise OSError("the network is gone")

    monkeypatch.setattr(MemoryRateLimiter, "close", broken)
    harbor = Harbor(settings)
    await harbor.open()
    assert harbor.services.budget.bytes_max == BODY_BYTES_SPOOL_BUDGET

    with pytest.raises(OSError, match="network"):
        await harbor.close()

    assert threads() == before


async def test_an_open_instance_keeps_up_what_runs_applications_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path / "data", apps_port=0, appharbor_allow_unsandboxed=True)
    await set_up(settings, is_production=False)
    kept: list[str] = []
    begun = asyncio.Event()

    async def keep(_: Helpers, wanted: Callable[[], Awaitable[bool]]) -> None:
        kept.append(f"applications: {await wanted()}")
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            kept.append("left")

    monkeypatch.setattr(Helpers, "keep", keep)
    harbor = Harbor(settings)
    await harbor.open()
    async with asyncio.timeout(5):
        await begun.wait()
    await harbor.close()

    assert kept == ["applications: False", "left"]
