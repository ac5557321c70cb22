"""What a machine, an operator or a bad client can do to a server: it says so in a sentence, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from tests.end_to_end.client import caller
from tests.end_to_end.server import HARBOR, LOOPBACK, Installation, Server, environment, install, run, serving
from tests.end_to_end.tenant import Tenant, new_tenant
from tests.receiver import Receiver

MIB = 1024 * 1024


def refusal(installation: Installation, *words: str, env: dict[str, str] | None = None) -> str:
    """The sentence with which a start is refused, where a trace would be a fault."""
    ended = run("serve", "--data", str(installation.data), "--port", "0", *words, env=env)
    assert ended.returncode == 1, (ended.returncode, ended.stdout, ended.stderr)
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) <= 2, ended.stderr
    return ended.stderr


# Starting


def test_a_second_server_on_a_data_directory_is_refused(installation: Installation) -> None:
    with serving(installation) as first:
        sentence = refusal(installation)
        by_init = run("init", "--data", str(installation.data))

    assert f"in use by another Harbor process (process {first.process.pid})" in sentence
    assert "in use" in by_init.stderr
    assert by_init.returncode == 1


def test_a_taken_port_is_refused_with_what_to_do(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refusal(installation, "--port", str(port))

    assert f"Port {port} on 127.0.0.1 is taken by another program" in sentence
    assert "--port" in sentence


def test_a_directory_without_an_installation_is_refused(installation: Installation, tmp_path: Path) -> None:
    missing = Installation(data=tmp_path / "nothing", made={})
    assert "harbor init" in refusal(missing)

    inside_a_file = Installation(data=tmp_path / "file" / "data", made={})
    (tmp_path / "file").write_text("x")
    assert str(inside_a_file.data) in refusal(inside_a_file)


def test_a_missing_instance_key_is_refused(installation: Installation) -> None:
    (installation.data / "instance.key").unlink()

    assert "instance.key" in refusal(installation)


def test_the_instance_key_of_another_installation_is_refused(installation: Installation, tmp_path: Path) -> None:
    other = install(tmp_path / "other")
    shutil.copy(other.data / "instance.key", installation.data / "instance.key")

    assert "key" in refusal(installation)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database" * 1_000),
        lambda path: path.write_bytes(path.read_bytes()[:5_000]),
        lambda path: path.write_bytes(path.read_bytes()[:100] + os.urandom(8_000) + path.read_bytes()[8_100:]),
        lambda path: path.write_bytes(b""),
    ],
    ids=["no database", "cut off", "damaged", "empty"],
)
def test_a_spoiled_database_file_is_refused_and_left_alone(
    installation: Installation, spoil: Callable[[Path], object]
) -> None:
    path = installation.data / "harbor.db"
    spoil(path)
    before = path.read_bytes()

    sentence = refusal(installation)

    assert re.search(r"database|harbor\.db", sentence)
    assert path.read_bytes() == before or not before


def test_a_database_file_that_another_program_holds_is_refused(installation: Installation) -> None:
    with sqlite3.connect(installation.data / "harbor.db", isolation_level=None) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        sentence = refusal(installation)
        other.execute("ROLLBACK")
    other.close()

    assert re.search(r"database|harbor\.db", sentence)


def test_tables_of_a_newer_program_are_refused(installation: Installation) -> None:
    with sqlite3.connect(installation.data / "harbor.db") as database:
        database.execute(
            "INSERT INTO migrations (area, number, name, digest, applied_at) "
            "SELECT area, 9999, '9999_from_the_future', digest, applied_at FROM migrations WHERE area = 'kernel' LIMIT 1"
        )
    database.close()

    assert "newer" in refusal(installation)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HARBOR_RETRY_SCHEDULE", "5,10"),
        ("HARBOR_WEBHOOK_ALLOW_CIDRS", "everywhere"),
        ("HARBOR_DATABASE", "mysql://x"),
    ],
)
def test_a_bad_setting_is_named(installation: Installation, name: str, value: str) -> None:
    ended = run("serve", "--data", str(installation.data), "--port", "0", env={name: value})

    assert ended.returncode in (1, 2)
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_server_that_is_not_there_is_refused(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]

    sentence = refusal(installation, "--database", f"postgresql://harbor:s3cret@127.0.0.1:{port}/harbor")

    assert re.search(r"database|PostgreSQL", sentence)
    assert "s3cret" not in sentence


def test_switches_for_development_are_printed_at_start(installation: Installation) -> None:
    words = [str(HARBOR), "serve", "--data", str(installation.data), "--port", "0"]
    with subprocess.Popen(
        words,
        env=environment({**LOOPBACK, "HARBOR_RATE_LIMITS": "off"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        told = process.stderr.read().decode()

    assert b"Harbor is ready" in ready
    for word in ("HARBOR_WEBHOOK_ALLOW_HTTP", "127.0.0.0/8", "HARBOR_RATE_LIMITS"):
        assert word in told
    assert process.returncode == 0


# Bad clients


async def pour(url: str, head: str, *, piece: bytes, total: int) -> tuple[bytes, int]:
    """Send a head and then `piece` again and again; the reply, and how much was sent until it came."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    reply = asyncio.create_task(reader.read())
    sent = 0
    try:
        writer.write(head.encode())
        while sent < total and not reply.done():
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
        return await asyncio.wait_for(reply, 10), sent
    except (ConnectionResetError, BrokenPipeError):
        return await asyncio.wait_for(reply, 10), sent
    finally:
        writer.close()


@pytest.mark.parametrize("framing", [f"Content-Length: {100 * MIB}", "Transfer-Encoding: chunked"])
async def test_a_body_of_100_megabytes_is_refused_before_it_has_arrived(shop: Tenant, framing: str) -> None:
    piece = b"x" * 65_536
    if "chunked" in framing:
        piece = b"10000\r\n" + piece + b"\r\n"
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\n"
        f"Content-Type: application/json\r\n{framing}\r\n\r\n"
    )

    reply, sent = await pour(shop.server.url, head, piece=piece, total=100 * MIB)

    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'"payload_too_large"' in reply
    # A megabyte is read; the rest is what sockets on the way hold.
    assert sent < 20 * MIB


async def test_a_stranger_pours_nothing_in(shop: Tenant) -> None:
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {100 * MIB}\r\n\r\n"
    )

    reply, sent = await pour(shop.server.url, head, piece=b"x" * 65_536, total=100 * MIB)

    assert reply.startswith(b"HTTP/1.1 401 ")
    assert sent < 20 * MIB


@pytest.mark.slow
async def test_who_sends_a_byte_a_second_is_ended_while_others_are_served(shop: Tenant) -> None:
    request = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\n"
    body = f"{request}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    is_over = asyncio.Event()

    async def drip(head: str, rest: bytes) -> tuple[bytes, float]:
        host, port = shop.server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        began = time.monotonic()
        writer.write(head.encode())

        async def send() -> None:
            for index in range(len(rest)):
                writer.write(rest[index : index + 1])
                await writer.drain()
                await asyncio.sleep(1)

        sending = asyncio.create_task(send())
        reply = await asyncio.wait_for(reader.read(65_536), 40)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()
        return reply, time.monotonic() - began

    async def others() -> int:
        count = 0
        while not is_over.is_set():
            await shop.event()
            count += 1
            await asyncio.sleep(0.2)
        return count

    served = asyncio.create_task(others())
    slow_body, slow_head = await asyncio.gather(drip(body, b"{" * 60), drip("GET /v1/key HTTP/1.1\r\n", b"X" * 60))
    is_over.set()

    for reply, took_s in (slow_body, slow_head):
        assert reply == b"" or reply.startswith(b"HTTP/1.1 408 ")
        assert 5 < took_s < 35
    assert await served > 20


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/key\r\n\r\n",
        b"GET /v1/key HTTP/9.9\r\n\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /v1/key HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 10_000,
        b"BREW /v1/events HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=range(10),
)
async def test_what_is_no_request_is_refused_and_the_server_goes_on(shop: Tenant, garbage: bytes) -> None:
    host, port = shop.server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(garbage)
    writer.write_eof()
    try:
        reply = await asyncio.wait_for(reader.read(65_536), 10)
    except ConnectionResetError:
        reply = b""
    writer.close()

    assert reply == b"" or re.match(rb"HTTP/1\.1 [45]\d\d ", reply)
    (await shop.api.get("/v1/key")).expect(200)


async def test_a_client_that_leaves_in_the_middle_costs_nothing(shop: Tenant) -> None:
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.api.key}\r\nContent-Type: application/json\r\n"
    host, port = shop.server.url.removeprefix("http://").split(":")
    for rest in (b"", b"Content-Length: 100\r\n\r\n", b"Content-Length: 100\r\n\r\n{"):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + rest)
        await writer.drain()
        writer.transport.abort()

    await shop.event()
    assert len(await shop.items(f"/v1/events?workspace_id={shop.workspace_id}")) == 1


# Ending


@pytest.mark.slow
async def test_sigterm_under_load_answers_what_was_asked_loses_nothing_and_exits_0(
    installation: Installation, receiver: Receiver
) -> None:
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        await shop.webhook(receiver.url())
        accepted: list[str] = []
        signaled_at: list[float] = []
        dropped: list[tuple[float, str]] = []

        async def write() -> None:
            while True:
                began = time.monotonic()
                try:
                    answer = await shop.api.post("/v1/events", shop.body())
                except aiohttp.ClientError as error:
                    dropped.append((began, repr(error)))
                    return
                if answer.status == 201:
                    accepted.append(answer.json()["id"])
                else:
                    assert answer.status == 503, answer
                    return

        writers = [asyncio.create_task(write()) for _ in range(24)]
        await asyncio.sleep(0.7)
        signaled_at.append(time.monotonic())
        server.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*writers)
        code = await asyncio.to_thread(server.wait)

    assert code == 0, server.log
    assert len(accepted) > 50
    assert [why for began, why in dropped if began < signaled_at[0]] == []
    with serving(installation, LOOPBACK) as restarted:
        await all_there(restarted, shop, accepted, receiver.until, receiver)


async def all_there(
    server: Server,
    shop: Tenant,
    accepted: list[str],
    until: Callable[[Callable[[Receiver], bool]], Awaitable[None]],
    receiver: Receiver,
) -> None:
    """Every accepted event is there and arrives at the receiver."""
    async with caller(server.url, shop.api.key) as api:
        there = Tenant(server=server, admin=shop.admin, api=api, workspace_id=shop.workspace_id)
        stored = {event["id"] for event in await there.items(f"/v1/events?workspace_id={shop.workspace_id}&limit=100")}
        owed = {
            one["event_id"] for one in await there.items(f"/v1/deliveries?workspace_id={shop.workspace_id}&limit=100")
        }
        await until(lambda it: {got.headers["webhook-id"] for got in it.got} >= set(accepted))
    assert stored >= set(accepted)
    assert owed == stored
    assert {got.headers["webhook-id"] for got in receiver.got} <= stored


async def test_an_attempt_under_way_is_finished_before_the_end(installation: Installation, receiver: Receiver) -> None:
    from tests.receiver import Answer

    hold = asyncio.Event()
    receiver.answers.append(Answer(hold=hold))
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        await shop.webhook(receiver.url())
        event = await shop.event()
        await receiver.until(lambda it: len(it.got) == 1)
    server.process.send_signal(signal.SIGTERM)
    asyncio.get_running_loop().call_later(0.5, hold.set)
    assert await asyncio.to_thread(server.wait) == 0

    with serving(installation, LOOPBACK) as restarted:
        async with caller(restarted.url, shop.api.key) as api:
            again = Tenant(server=restarted, admin=shop.admin, api=api, workspace_id=shop.workspace_id)
            delivery = await again.settled(event["id"])

    assert delivery["attempt_count"] == 1
    assert len(receiver.got) == 1


async def test_a_test_that_waits_for_its_receiver_is_answered_before_the_end(
    installation: Installation, receiver: Receiver
) -> None:
    from tests.receiver import Answer

    hold = asyncio.Event()
    receiver.answers.append(Answer(hold=hold))
    server = Server.start(installation, LOOPBACK)
    async with caller(server.url, installation.admin_key) as admin:
        shop = await new_tenant(server, admin)
        hook = await shop.webhook(receiver.url())
        asked = asyncio.create_task(shop.api.post(f"/v1/webhooks/{hook['id']}/test", {}))
        await receiver.until(lambda it: len(it.got) == 1)
        server.process.send_signal(signal.SIGTERM)
        asyncio.get_running_loop().call_later(0.5, hold.set)
        answer = await asked
        code = await asyncio.to_thread(server.wait)

    assert (answer.status, answer.json()["response_status"]) == (200, 200)
    assert code == 0


def test_a_second_signal_ends_a_server_at_once(installation: Installation) -> None:
    server = Server.start(installation)
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as half:
        half.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.wait()

    assert time.monotonic() - began < 2
    assert code == 128 + signal.SIGTERM
