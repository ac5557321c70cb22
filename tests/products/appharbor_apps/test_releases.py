"""Releases, the way back to one with its variables, formation, and the log as it is read and followed."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.products.appharbor_apps.conftest import Harbor

from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.formation import service as formation
from harbor.products.appharbor_apps.logs.api import LogQuery, _passing, events
from harbor.products.appharbor_apps.logs.book import Book


async def _deployed(harbor: Harbor, slug: str) -> None:
    reply = await harbor.ada.ask("PUT", f"/applications/{slug}/builds/upload", body=b"an archive")
    assert reply.status == 201
    await harbor.work()


async def test_going_back_brings_the_variables_of_that_release(harbor: Harbor) -> None:
    slug = await harbor.application()
    target = f"/applications/{slug}"
    await harbor.ada.create(f"{target}/configurationvariables", {"key": "TIDE", "value": "low"})
    await _deployed(harbor, slug)
    variable = (await harbor.ada.get(f"{target}/configurationvariables"))[0]["url"].rpartition("/")[2]
    await harbor.ada.ask("PUT", f"{target}/configurationvariables/{variable}", {"key": "TIDE", "value": "high"})
    harbor.house.clock.advance(3)
    await harbor.work()

    reply = await harbor.ada.ask("POST", f"{target}/releases/1/rollback")
    await harbor.work()

    assert (reply.status, reply.body) == (204, b"")
    assert [order.environment["TIDE"] for order in harbor.deployer.orders] == ["low", "high", "low"]
    found = await harbor.ada.get(f"{target}/releases")
    assert [(each["number"], each["state"], each["reason"]) for each in found] == [
        (3, "live", "rollback"),
        (2, "retired", "configuration"),
        (1, "retired", "push"),
    ]
    assert "variables" not in found[0]
    assert (await harbor.ada.ask("POST", f"{target}/releases/9/rollback")).status == 404
    assert (await harbor.ada.ask("POST", f"{target}/releases/x/rollback")).status == 404


async def test_what_the_runner_took_back_is_written_down_once(harbor: Harbor) -> None:
    slug = await harbor.application()
    for _ in range(2):
        await _deployed(harbor, slug)
    for _ in range(2):
        await harbor.inside(slug, lambda call, application: deploys.rolled_back(call, application.id, 2, 1))

    found = await harbor.ada.get(f"/applications/{slug}/releases")
    live: Any = await harbor.inside(slug, lambda _call, application: application.live_build_id)
    assert [(each["number"], each["state"]) for each in found] == [(2, "failed"), (1, "live")]
    assert str(live) == found[1]["build"]


async def test_formation_is_kept_and_ordered(harbor: Harbor) -> None:
    slug = await harbor.application()
    target = f"/applications/{slug}/formation"
    changed = await harbor.ada.ask("PUT", target, {"web": {"quantity": 2, "memory_mb": "256"}, "clock": "0"})
    await _deployed(harbor, slug)

    assert (changed.status, changed.body) == (200, b"")
    assert await harbor.ada.get(target) == {
        "clock": {"quantity": 0, "memory_mb": 512},
        "web": {"quantity": 2, "memory_mb": 256},
    }
    assert harbor.deployer.orders[-1].formation == {"clock": (0, 512), "web": (2, 256)}
    kept: Any = await harbor.house.database.read(formation.of_live_applications)
    assert kept == {1: {"clock": (0, 512), "web": (2, 256)}}
    cases: list[object] = [
        {}, {"web": -1}, {"web": 21}, {"web": 1.5}, {"web": True}, {"web": {"memory_mb": 1}}, {"../x": 1}, {"": 1},
        {"web": None}, {"web": []}, {"web": "9" * 30},
    ]  # fmt: skip
    for wrong in cases:
        assert (await harbor.ada.ask("PUT", target, wrong)).status == 400, wrong


async def test_the_log_is_searched_and_followed(one: Harbor) -> None:
    slug = await one.application()
    for text in ("ebb", "Flood comes", "ebb again"):
        one.book.put(1, "app", "web.1", text)
    one.book.put(1, "router", "router", "GET /flood")

    async def lines(query: str) -> list[str]:
        reply = await one.ada.ask("GET", f"/applications/{slug}/logs?{query}")
        assert reply.status == 200
        return [line.partition("]: ")[2] for line in reply.body.decode().splitlines()]

    assert await lines("search=FLOOD") == ["Flood comes", "GET /flood"]
    assert await lines("search=flood&source=app&process=web") == ["Flood comes"]
    assert await lines("limit=1&source=app") == ["ebb again"]
    assert (await one.ada.ask("GET", f"/applications/{slug}/logs?limit=0")).status == 400
    assert (await one.grace.ask("GET", f"/applications/{slug}/logs")).status == 404


async def test_an_event_comes_for_each_line_that_passes() -> None:
    book, found = Book(), []
    book.put(1, "app", "web.1", "kept")
    stream = events(book, 1, 10, _passing(LogQuery(source="app")), idle_s=0.01)
    found.append(await anext(stream))
    found.append(await anext(stream))
    book.put(1, "router", "router", "no")
    book.put(1, "app", "web.1", "new")
    async with asyncio.timeout(5):
        while b"new" not in found[-1]:
            found.append(await anext(stream))
    await stream.aclose()  # type: ignore[attr-defined]

    assert found[0].endswith(b"app[web.1]: kept\n\n")
    assert found[1] == b": quiet\n\n"
    assert not any(b"router" in each for each in found)
