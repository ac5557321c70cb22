"""From an archive to an application that answers, with all real processes, and with each of them killed in turn."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.products.appharbor_apps.builder.conftest import tarred
from tests.products.appharbor_apps.mounted import Mounted, mounted
from tests.products.appharbor_apps.runner.conftest import APP

from harbor.app import appharbor
from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.runner import helpers

TEST = "import unittest\nclass Tides(unittest.TestCase):\n    def test_ebb(self):\n        self.assertEqual(1 + 1, 2)\n"


async def test_an_application_outlives_everything_but_its_deletion(
    sqlite_database: Database,
    clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(appharbor, "_is_root", lambda: True)
    async with mounted(sqlite_database, clock, tmp_path, apps_port=0) as place, aiohttp.ClientSession() as client:
        await place.create("/applications", {"name": "Tides"})
        await _build(place, {"app.py": APP, "test_tides.py": TEST})
        (build,) = await place.get("/applications/tides/builds")
        port = (await helpers.hello(tmp_path / "data/run/router.sock") or {})["port"]

        async def get() -> tuple[int, str]:
            try:
                async with client.get(f"http://127.0.0.1:{port}/", headers={"Host": "tides.apps.localhost"}) as reply:
                    return reply.status, await reply.text()
            except aiohttp.ClientError:
                return 0, ""

        served = await get()
        before = await _status(place)
        runner = await _pid(place, "runner")
        os.kill(runner, signal.SIGKILL)
        without = await get()
        await _until(lambda: _is_another(place, "runner", runner))
        former = {name: await _pid(place, name) for name in ("runner", "router")}
        monkeypatch.setattr(helpers, "running_code", lambda: "what an update in place has brought")
        assert place.app.helpers is not None
        restarted = replace(place.app.helpers)
        await restarted.ensure()
        for name, pid in former.items():
            await _until(partial(_is_another, place, name, pid))
        replaced = {name: await _pid(place, name) for name in former}
        await restarted.ensure()
        kept = {name: await _pid(place, name) for name in former}
        restarted.leave()
        port = (await helpers.hello(tmp_path / "data/run/router.sock") or {})["port"]
        await _until(lambda: _is_served(get, served))
        adopted = await _status(place)
        (web,) = adopted["processes"]
        os.kill(web["pid"], signal.SIGKILL)
        await _until(lambda: _is_up_again(place, web["pid"]))
        again = await get()
        said = await place.client.request(
            "POST", "/appharbor/applications/tides/runs", {"command": "echo $HARBOR_APP; exit 3"}
        )
        await place.client.request("POST", "/appharbor/applications/tides/runs", {"command": "python3 -c '[][1]'"})
        await _until(lambda: _is_raised(place, "IndexError"))
        await place.client.request("PUT", "/appharbor/applications/tides/formation", {"web": 2})
        await _until(lambda: _are_up(place, 2))
        await _until(lambda: _is_logged(place, "GET / 200"))
        said_of_build = await _lines(place, "build")
        said_of_deploy = await _lines(place, "deploy")
        async with asyncio.timeout(5), aclosing(place.app.runner.asking({"do": "follow", "since": None})) as messages:
            told_again = (await anext(messages))["lines"]
        await place.client.request("DELETE", "/appharbor/applications/tides")
        await place.house.worker.run_due(clock.now())
        gone = await get()
        left = sorted(path.name for path in (tmp_path / "data" / "apps").iterdir() if path.is_dir())
        for name in ("runner", "router"):
            os.kill(await _pid(place, name), signal.SIGTERM)

    assert build["status"] == "Succeeded"
    assert build["deployed"] is not None
    assert served == (200, "v1 tides.apps.localhost")
    assert without == served
    assert adopted == before
    assert kept == replaced
    assert again == served
    assert said.json() == {"exit_code": 3, "timed_out": False, "output": "tides"}
    # The next server is told what this one has written; this one was, too, when the runner came again.
    for source, lines in (("build", said_of_build), ("deploy", said_of_deploy)):
        assert len(lines) == len(set(lines)) > 1
        assert [each[4] for each in told_again if each[2] == source] == [line.partition("]: ")[2] for line in lines]
    assert gone[0] == 404
    assert "1" not in left
    assert capsys.readouterr().out.count("applications_run_as_root") == 1


async def _build(place: Mounted, files: dict[str, str | bytes]) -> None:
    reply = await place.client.request("PUT", "/appharbor/applications/tides/builds/upload", body=tarred(files))
    assert reply.status == 201, reply.body
    for _ in range(5):
        await place.house.worker.run_due(place.house.clock.now())


async def _status(place: Mounted) -> Any:
    answer = await place.app.runner.ask({"do": "status"})
    return answer["applications"]["1"]


async def _pid(place: Mounted, name: str) -> int:
    found = await helpers.hello(place.app.settings.data / "run" / f"{name}.sock")
    return 0 if found is None else int(found["pid"])


async def _lines(place: Mounted, source: str) -> list[str]:
    reply = await place.client.request("GET", f"/appharbor/applications/tides/logs?source={source}")
    return reply.body.decode().splitlines()


async def _is_served(get: Callable[[], Awaitable[tuple[int, str]]], answer: tuple[int, str]) -> bool:
    return await get() == answer


async def _is_another(place: Mounted, name: str, pid: int) -> bool:
    return await _pid(place, name) not in (0, pid)


async def _is_up_again(place: Mounted, pid: int) -> bool:
    return any(each["is_live"] and each["pid"] != pid for each in (await _status(place))["processes"])


async def _are_up(place: Mounted, count: int) -> bool:
    return [each["state"] for each in await place.get("/applications/tides/processes")] == ["up"] * count


async def _is_raised(place: Mounted, type_: str) -> bool:
    found = await place.get("/applications/tides/errors")
    return {(each["exception"]["type"], each["commit_id"] != "") for each in found} >= {(type_, True)}


async def _is_logged(place: Mounted, text: str) -> bool:
    reply = await place.client.request("GET", "/appharbor/applications/tides/logs?source=router")
    return text in reply.body.decode()


async def _until(holds: Callable[[], Awaitable[bool]], within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not await holds():
            await asyncio.sleep(0.05)
