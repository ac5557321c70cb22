"""A company leaves: one server is filled through its API, another one imports it, is killed meanwhile, and has everything then."""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
from tests.end_to_end.server import LOOPBACK, Installation, Server, run, serving
from tests.harness import Reply
from tests.products.harvest_timesheets.importing.company import fill
from tests.products.harvest_timesheets.importing.compared import everything
from tests.products.harvest_timesheets.office import AGENT, Desk, Office

UNLIMITED = {"HARBOR_HARVEST_RATE_LIMIT": "off", **LOOPBACK}
_ABSENT: Any = object()


class FarClient:
    """Requests to a server elsewhere, as the harness makes them within a process."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def request(
        self,
        method: str,
        target: str,
        json: object = _ABSENT,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        media_type: str | None = "application/json",
    ) -> Reply:
        """The reply to one request."""
        content: dict[str, Any] = {} if json is _ABSENT else {"json": json}
        sent = {**(headers or {}), **({"content-type": media_type} if body and media_type else {})}
        if body:
            content = {"data": body}
        async with self.session.request(method, f"{self.url}{target}", headers=sent, **content) as reply:
            return Reply(reply.status, dict(reply.headers), await reply.read())


class FarOffice(Office):
    """An account on a server elsewhere."""

    def __init__(self, client: FarClient) -> None:
        self.admin = Desk(cast(Any, client))

    def desk(self, token: str) -> Desk:
        """The administrator's."""
        return self.admin

    async def token(self, user_id: int) -> str:
        """None: nobody asks as them."""
        return ""


@asynccontextmanager
async def office(server: Server) -> AsyncIterator[FarOffice]:
    """The account that `harbor init` has made."""
    made = server.installation.made["harvest"]
    headers = {
        **AGENT,
        "Authorization": f"Bearer {made['access_token']}",
        "Harvest-Account-Id": str(made["account_id"]),
    }
    async with aiohttp.ClientSession(headers=headers) as session:
        yield FarOffice(FarClient(session, f"{server.url}/harvest"))


async def test_a_company_moves_to_another_server_that_is_killed_meanwhile(
    installation: Installation, tmp_path: Path
) -> None:
    target = installation.copy(tmp_path / "target")
    with serving(installation, UNLIMITED) as source:
        async with office(source) as there:
            await fill(there)
            number = installation.made["harvest"]["account_id"]
            token = installation.made["harvest"]["access_token"]
            asked = {
                "source_url": f"{source.url}/harvest",
                "source_account_id": str(number),
                "source_token": token,
            }
            server = Server.start(target, UNLIMITED)
            async with office(server) as here:
                started = await here.admin.made("/v2/imports", asked)
                await reached(here.admin, started["id"], 20)
            server.kill()

            with serving(target, UNLIMITED) as again:
                env = {"HARBOR_HARVEST_TOKEN": token, "HARBOR_HARVEST_ACCOUNT": str(number), "HARBOR_URL": again.url}
                ran = await asyncio.to_thread(run, "time", "import", "--follow", str(started["id"]), "--json", env=env)
                async with office(again) as here:
                    before, after = await everything(there.admin), await everything(here.admin)
                    kept = await here.admin.got("/v2/company")
                    mine = await there.admin.got("/v2/company")
                exported = await asyncio.to_thread(run, "time", "export", str(tmp_path / "all.zip"), "--json", env=env)

    report = json.loads(ran.stdout)
    assert (ran.returncode, report["is_equal"], report["first_problems"]) == (0, True, []), (ran.stderr, report)
    assert after == before
    places = ("base_uri", "full_domain")
    assert {name: value for name, value in kept.items() if name not in places} == {
        name: value for name, value in mine.items() if name not in places
    }
    assert token not in server.log
    assert exported.returncode == 0, exported.stderr
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["counts"]["time_entries"] == len(before["time_entries"])


async def reached(desk: Desk, import_id: int, records: int) -> None:
    """Wait until an import has read so many records."""
    async with asyncio.timeout(30):
        while True:
            found = await desk.got(f"/v2/imports/{import_id}")
            assert found["state"] in ("waiting", "running", "done"), found
            if found["progress"]["done"] >= records or found["state"] == "done":
                return
            await asyncio.sleep(0.01)
