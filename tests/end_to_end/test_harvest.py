"""Harvest on a real server: its path, its first token, and its changes among the events that Harbor lists."""

from __future__ import annotations

from typing import Any

import aiohttp
from tests.end_to_end.server import Installation, Server, serving


def office(server: Server) -> aiohttp.ClientSession:
    """A client with the token and the account that `harbor init` printed."""
    made: dict[str, Any] = server.installation.made["harvest"]
    headers = {
        "Authorization": f"Bearer {made['access_token']}",
        "Harvest-Account-Id": str(made["account_id"]),
        "User-Agent": "Office (office@example.com)",
    }
    return aiohttp.ClientSession(f"{server.url}/harvest/", headers=headers)


async def test_the_first_token_reaches_both_trees(sqlite_server: Server) -> None:
    async with office(sqlite_server) as session:
        async with session.get("v2/users/me", headers={"Origin": "https://timer.example.com"}) as reply:
            me, origins = await reply.json(), reply.headers.getall("Access-Control-Allow-Origin")
        async with session.get("api/v2/accounts") as reply:
            accounts = await reply.json()

    assert me["access_roles"] == ["administrator"]
    assert origins == ["*"]
    assert accounts["accounts"][0]["id"] == sqlite_server.installation.made["harvest"]["account_id"]


async def test_a_page_of_another_origin_may_do_all_that_the_api_does(sqlite_server: Server) -> None:
    asked = {"Origin": "https://timer.example.com", "Access-Control-Request-Method": "PATCH"}
    async with (
        aiohttp.ClientSession(headers=asked) as session,
        session.options(f"{sqlite_server.url}/harvest/v2/time_entries/1") as reply,
    ):
        methods = reply.headers["Access-Control-Allow-Methods"].split(", ")

    assert {"GET", "POST", "PATCH", "DELETE"} <= set(methods)


async def test_a_port_of_its_own_has_the_api_at_its_root(installation: Installation) -> None:
    with serving(installation, {"HARBOR_PORT_OF": "harvest=0"}) as server:
        headers = {"Authorization": f"Bearer {installation.made['harvest']['access_token']}", "User-Agent": "Office"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{server.addresses['harvest']}/api/v2/accounts") as reply,
        ):
            assert reply.status == 200, await reply.text()


async def test_a_change_is_an_event_of_the_account(sqlite_server: Server) -> None:
    async with office(sqlite_server) as session, session.post("v2/clients", json={"name": "Anchor"}) as reply:
        client = await reply.json()
    production = sqlite_server.installation.made["harbor"]["production"]
    asked = {"workspace_id": production["workspace_id"], "type": "harvest.client.created", "limit": "100"}
    headers = {"Authorization": f"Bearer {production['secret_key']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{sqlite_server.url}/v1/events", params=asked) as reply,
    ):
        events = await reply.json()

    assert reply.status == 200, events
    assert {"id": client["id"]} in [event["payload"] for event in events["data"]], events
