"""Harper on a real server: its port, its path, its events, and what is left after kill -9."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
import pytest
from tests.end_to_end.server import Installation, Server


def credentials(installation: Installation) -> dict[str, str]:
    made = installation.made["harper"]
    pair = f"{made['username']}:{made['password']}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


async def operate(url: str, headers: dict[str, str], operation: str, **fields: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json={"operation": operation, **fields}) as reply,
    ):
        return reply.status, await reply.json()


async def test_the_port_and_the_path_are_one_instance(sqlite_server: Server) -> None:
    headers = credentials(sqlite_server.installation)
    port, path = sqlite_server.addresses["operations"], f"{sqlite_server.url}/harper"

    made = await operate(port, headers, "create_table", database="one", table="dog", primary_key="id")
    put = await operate(path, headers, "insert", database="one", table="dog", records=[{"id": 1, "name": "Penny"}])
    found = await operate(port, headers, "sql", sql="SELECT name FROM one.dog WHERE id = 1")

    assert [made[0], put[0], found] == [200, 200, (200, [{"name": "Penny"}])]


async def test_the_root_of_its_port_is_harpers_own(sqlite_server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(sqlite_server.addresses["operations"]) as reply:
            own = await reply.text()
        async with session.options(sqlite_server.addresses["operations"]) as reply:
            allowed = reply.headers["Access-Control-Allow-Origin"]
        async with session.get(sqlite_server.url) as reply:
            root = await reply.json()

    assert own == "Harper is running."
    assert allowed == "*"
    assert root["name"] == "Harbor"


async def test_without_a_credential_nothing_is_answered(sqlite_server: Server) -> None:
    status, body = await operate(sqlite_server.addresses["operations"], {}, "describe_all")

    assert (status, body) == (401, {"error": "Must login"})


async def test_what_was_answered_is_there_after_kill_9(installation: Installation) -> None:
    headers = credentials(installation)
    server = Server.start(installation)
    try:
        await operate(f"{server.url}/harper", headers, "create_table", database="kept", table="t", primary_key="id")
        records = [{"id": number, "text": "x" * 50} for number in range(100)]
        status, _ = await operate(
            f"{server.url}/harper", headers, "insert", database="kept", table="t", records=records
        )
    finally:
        server.kill()
    assert status == 200

    again = Server.start(installation)
    try:
        _, found = await operate(f"{again.url}/harper", headers, "sql", sql="SELECT COUNT(*) AS n FROM kept.t")
    finally:
        again.terminate()

    assert found == [{"n": 100}]


async def test_a_change_in_harper_is_an_event_that_harbors_api_lists(sqlite_server: Server) -> None:
    made = sqlite_server.installation.made["harbor"]["production"]
    await operate(
        f"{sqlite_server.url}/harper",
        credentials(sqlite_server.installation),
        "create_table",
        database="told",
        table="cat",
        primary_key="id",
    )
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {made['secret_key']}"}) as session:
        address = f"{sqlite_server.url}/v1/events?workspace_id={made['workspace_id']}&type=harper.*"
        async with session.get(address) as reply:
            events = (await reply.json())["data"]

    assert "harper.table.created" in {event["type"] for event in events}


async def test_an_administrator_asks_about_events_in_sql(sqlite_server: Server) -> None:
    headers, url = credentials(sqlite_server.installation), f"{sqlite_server.url}/harper"
    await operate(url, headers, "create_table", database="asked", table="t", primary_key="id")
    sql = "SELECT type FROM harbor.events WHERE product = 'harper' AND type = 'harper.table.created' LIMIT 1"

    assert await operate(url, headers, "sql", sql=sql) == (200, [{"type": "harper.table.created"}])


async def test_what_is_stored_counts_after_a_restart_and_others_notice_nothing(sqlite_server: Server) -> None:
    headers, port = credentials(sqlite_server.installation), sqlite_server.addresses["operations"]
    stored = {"authentication_operationTokenTimeout": "15m", "operationsApi_network_corsAccessList": ["https://a.test"]}

    async def lifetime_s() -> int:
        _, made = await operate(port, headers, "create_authentication_tokens")
        claims = jwt.decode(made["operation_token"], options={"verify_signature": False})
        return int(claims["exp"] - claims["iat"])

    async def allowed() -> str | None:
        async with aiohttp.ClientSession() as session, session.get(f"{port}/health", headers=page) as reply:
            return reply.headers.get("Access-Control-Allow-Origin")

    async def restart() -> dict[str, Any]:
        status, body = await operate(port, headers, "restart")
        assert status == 200, body
        while (await operate(port, headers, "get_status"))[1]["restartRequired"]:
            await asyncio.sleep(0.01)
        return dict(body)

    page = {"Origin": "https://a.test"}
    main = urlsplit(sqlite_server.url)
    reader, writer = await asyncio.open_connection(main.hostname, main.port)

    async def lives() -> bool:
        """Whether a connection to the other products answers."""
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        return head.startswith(b"HTTP/1.1 200") and b"connection: close" not in head.lower()

    assert await lives()
    assert (await operate(port, headers, "set_configuration", **stored))[0] == 200
    assert (await lifetime_s(), await allowed()) == (86_400, "*")
    assert await restart() == {"message": "Restarting Harper. This may take up to 60 seconds."}
    assert (await lifetime_s(), await allowed()) == (900, "https://a.test")
    assert await lives()
    writer.close()
    await writer.wait_closed()
    await operate(port, headers, "set_configuration", **dict.fromkeys(stored))
    await restart()

    assert (await lifetime_s(), await allowed()) == (86_400, "*")


@pytest.mark.parametrize("serving", ["sqlite_server", "postgres_serving"])
async def test_a_hundred_who_write_one_record_at_once_are_all_answered(
    request: pytest.FixtureRequest, serving: str
) -> None:
    server: Server = request.getfixturevalue(serving)
    url, headers = server.addresses["operations"], credentials(server.installation)
    where = {"database": "crowd", "table": "one"}
    await operate(url, headers, "create_table", **where, primary_key="id")

    async def write(number: int) -> tuple[int, Any]:
        record = {"id": 1, "writer": number, "pages": [number] * 50, f"from_{number}": True}
        return await operate(url, headers, "upsert", **where, records=[record])

    answers = await asyncio.gather(*map(write, range(100)))
    _, [kept] = await operate(url, headers, "search_by_id", **where, ids=[1], get_attributes=["*"])
    _, [counted] = await operate(url, headers, "sql", sql="SELECT COUNT(*) AS n FROM crowd.one")
    _, changes = await operate(url, headers, "read_audit_log", **where)

    assert {status for status, _ in answers} == {200}
    assert [body["upserted_hashes"] for _, body in answers] == [[1]] * 100
    # What one wrote is whole, what others added beside it is kept, and each was told of the attribute that was new.
    assert set(kept["pages"]) == {kept["writer"]}
    assert all(kept[f"from_{number}"] is True for number in range(100))
    assert counted == {"n": 1}
    assert [len(change["records"]) for change in changes] == [1] * 100
    assert changes[-1]["records"][0]["writer"] == kept["writer"]
    assert {name for _, body in answers for name in body["new_attributes"]} >= {f"from_{n}" for n in range(100)}


async def test_a_table_is_followed_and_its_changes_are_events_of_the_workspace(sqlite_server: Server) -> None:
    headers, made = credentials(sqlite_server.installation), sqlite_server.installation.made["harbor"]["production"]
    port = sqlite_server.addresses["operations"]
    await operate(port, headers, "create_table", database="one", table="cat", primary_key="id", events=True)

    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{port}/changes", params={"database": "one", "table": "cat"}) as stream,
    ):
        await stream.content.readuntil(b"\n\n")
        await operate(port, headers, "insert", database="one", table="cat", records=[{"id": 1, "name": "Tom"}])
        frame = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 10)
    address = f"{sqlite_server.url}/v1/events?workspace_id={made['workspace_id']}&type=harper.record.*"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {made['secret_key']}"}) as session,
        session.get(address) as reply,
    ):
        told = (await reply.json())["data"]

    assert (b"event: insert" in frame, b'"records":[{"id":1,"name":"Tom"}]' in frame) == (True, True)
    assert [(event["type"], event["payload"]["ids"]) for event in told] == [("harper.record.inserted", [1])]
