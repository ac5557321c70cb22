"""Serving: many connections, early refusals, and an end that loses no request, over real loopback sockets."""

from __future__ import annotations

import asyncio
import datetime
import functools
import os
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import psutil  # type: ignore[import-untyped]
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harbor.kernel.bounds import KIB, MIB
from harbor.kernel.errors import StartRefused, TooLarge
from harbor.kernel.http.body import BodyBudget, Disconnected, read_body
from harbor.kernel.http.protocol import ConnectionBounds
from harbor.kernel.http.reopening import Reopening
from harbor.kernel.http.server import Listener, Tls, bind, raise_descriptor_limit, serve

BOUNDS = ConnectionBounds()
MAIN = Listener(name="main", host="127.0.0.1", port=0)


def on_uvloop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test on the loop that serves in production."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


@dataclass
class Application:
    """Answers with its path; `/wait` only when it may, `/upload` within 64 KiB."""

    directory: Path = Path("/tmp")
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    handled: int = 0
    listeners: set[str] = field(default_factory=set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.listeners.add(scope["state"]["listener"])
        status, headers = 200, [(b"content-type", b"text/plain")]
        if scope["path"] == "/wait":
            self.waiting += 1
            await self.may_answer.wait()
        if scope["path"] == "/upload":
            try:
                await read_body(receive, scope["headers"], 64 * KIB, BodyBudget(self.directory))
            except TooLarge as refused:
                status = 413
                headers += [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
            except Disconnected:
                return
        body = scope["path"].encode()
        headers.append((b"content-length", str(len(body)).encode()))
        self.handled += 1
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, path: str = "/", *more: str) -> None:
        lines = [f"GET {path} HTTP/1.1", "Host: harbor", *more]
        self.writer.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())

    async def reply(self) -> bytes:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return head + await self.reader.readexactly(length)

    async def ask(self, path: str = "/") -> bytes:
        self.send(path)
        return await self.reply()


@dataclass
class Served:
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]
    events: list[str]
    clients: list[Client] = field(default_factory=list)

    async def connect(self) -> Client:
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(client)
        return client


@asynccontextmanager
async def serving(
    app: Any, bounds: ConnectionBounds = BOUNDS, drain_s: float = 20, **more: Any
) -> AsyncIterator[Served]:
    stop, events = asyncio.Event(), list[str]()
    ready: asyncio.Future[Sequence[Listener]] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve(
            app, [MAIN], bounds, drain_s, ready.set_result, stop=stop, on_drain=lambda: events.append("drain"), **more
        )
    )
    first: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    served = Served((await ready)[0].port, stop, task, events)
    try:
        yield served
    finally:
        for client in served.clients:
            client.writer.transport.abort()
        stop.set()
        await task


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; the test's time limit is the only other way out."""
    while not condition():
        await asyncio.sleep(0.002)


# Starting


def test_a_taken_port_is_named_with_the_flag_to_change_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = [MAIN, Listener(name="apps", host="127.0.0.1", port=port, port_flag="--apps-port")]

        with pytest.raises(StartRefused, match=rf"Port {port} on 127\.0\.0\.1 is taken .* --apps-port\."), bind(wanted):
            pass


def test_two_listeners_cannot_share_a_port() -> None:
    with bind([MAIN]) as bound:
        (listener, _), *_ = bound
        with pytest.raises(StartRefused, match="is taken"), bind([listener]):
            pass


def test_an_address_that_is_not_ours_is_refused_in_a_sentence() -> None:
    elsewhere = Listener(name="main", host="203.0.113.7", port=0)

    with pytest.raises(StartRefused, match="name an address of this machine with --host"), bind([elsewhere]):
        pass


def test_all_addresses_of_a_name_get_the_same_port() -> None:
    with bind([Listener(name="main", host="localhost", port=0)]) as bound:
        assert len({sock.getsockname()[1] for _, sock in bound}) == 1
        assert all(listener.port == sock.getsockname()[1] for listener, sock in bound)


@on_uvloop
async def test_an_application_that_cannot_start_refuses_the_start() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(StartRefused):
        await serve(app, [MAIN], BOUNDS, 1, lambda _: None, lifespan="on")


@on_uvloop
async def test_replies_carry_the_date_and_no_name_of_a_server() -> None:
    async with serving(Application()) as served:
        reply = await (await served.connect()).ask()

        assert b"\r\ndate: " in reply
        assert b"\r\nserver:" not in reply


@on_uvloop
async def test_one_application_knows_which_listener_was_asked() -> None:
    app, stop = Application(), asyncio.Event()
    ready: asyncio.Future[Sequence[Listener]] = asyncio.get_running_loop().create_future()
    both = [MAIN, Listener(name="operations", host="127.0.0.1", port=0)]
    task = asyncio.create_task(serve(app, both, BOUNDS, 5, ready.set_result, stop=stop))

    for listener in await ready:
        client = Client(*await asyncio.open_connection("127.0.0.1", listener.port))
        await client.ask()
        client.writer.close()
        await client.writer.wait_closed()
    stop.set()
    await task

    assert app.listeners == {"main", "operations"}


@on_uvloop
async def test_a_socket_in_the_file_system_is_for_this_user_alone(short_path: Path) -> None:
    app, stop, path = Application(), asyncio.Event(), short_path / "harbor.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    ready: asyncio.Future[Sequence[Listener]] = asyncio.get_running_loop().create_future()
    listener = Listener(name="private", host="", port=0, path=path)
    task = asyncio.create_task(serve(app, [listener], BOUNDS, 5, ready.set_result, stop=stop))
    assert [each.address for each in await ready] == [f"unix:{path}"]

    client = Client(*await asyncio.open_unix_connection(str(path)))
    assert b"200 OK" in await client.ask()
    assert app.listeners == {"private"}
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartRefused, match="where nothing is yet"), bind([listener]):
        pass
    client.writer.close()
    stop.set()
    await task
    assert not path.exists()


def test_a_file_is_not_taken_for_a_socket_that_was_left_over(short_path: Path) -> None:
    path = short_path / "notes.txt"
    path.write_text("mine")

    with pytest.raises(StartRefused), bind([Listener(name="private", host="", port=0, path=path)]):
        pass
    assert path.read_text() == "mine"


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room in the hundred bytes that a socket's may have."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@on_uvloop
async def test_a_listener_opens_again_and_refuses_nobody() -> None:
    app, stop = Application(), asyncio.Event()
    ready: asyncio.Future[Sequence[Listener]] = asyncio.get_running_loop().create_future()
    wanted: list[Listener | None] = [None]
    heeded = asyncio.Event()

    async def change() -> Listener | None:
        heeded.set()
        return wanted[0]

    reopening = Reopening("operations", change)
    both = [MAIN, Listener(name="operations", host="127.0.0.1", port=0)]
    task = asyncio.create_task(serve(app, both, BOUNDS, 5, ready.set_result, stop=stop, reopening=reopening))
    main, operations = [listener.port for listener in await ready]

    clients: list[Client] = []

    async def connected(port: int) -> Client:
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
        return clients[-1]

    kept, resting = await connected(main), await connected(operations)
    assert b"200 OK" in await kept.ask()
    assert b"200 OK" in await resting.ask()
    reopening.ask()
    assert await resting.reader.read() == b""  # it has ended
    assert b"200 OK" in await kept.ask()  # others have not
    assert b"200 OK" in await (await connected(operations)).ask()

    with bind([Listener(name="taken", host="127.0.0.1", port=0)]) as bound:
        port = bound[0][0].port
        wanted[0] = replace(both[1], port=port)
        heeded.clear()
        reopening.ask()
        await heeded.wait()
        last = await connected(operations)
        assert b"200 OK" in await last.ask()  # it stays where it was
    reopening.ask()  # the port is free now
    assert await last.reader.read() == b""
    assert b"200 OK" in await (await connected(port)).ask()
    with pytest.raises(ConnectionRefusedError):
        await connected(operations)  # it has moved
    for client in clients:
        client.writer.close()
        await client.writer.wait_closed()
    stop.set()
    await task


@asynccontextmanager
async def reopening_served(change: Callable[[], Awaitable[Listener | None]]) -> AsyncIterator[tuple[Reopening, Served]]:
    """A server whose listener "main" is opened again when asked."""
    reopening = Reopening("main", change)
    async with serving(Application(), reopening=reopening) as served:
        yield reopening, served


@on_uvloop
async def test_a_listener_opens_again_as_often_as_asked_and_keeps_nothing_of_before() -> None:
    async def change() -> None:
        return None

    async with reopening_served(change) as (reopening, served):

        async def again() -> None:
            resting = await served.connect()
            assert b"200 OK" in await resting.ask()
            for _ in range(10):  # heeded once or twice
                reopening.ask()
            assert await resting.reader.read() == b""
            served.clients.remove(resting)
            resting.writer.close()
            await resting.writer.wait_closed()

        await again()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(30):
            await again()
        assert len(os.listdir("/proc/self/fd")) <= before + 2  # one may be closing


@on_uvloop
async def test_a_head_on_its_way_is_answered_and_ends_its_connection() -> None:
    heeded = asyncio.Event()

    async def change() -> None:
        heeded.set()

    async with reopening_served(change) as (reopening, served):
        half, other = await served.connect(), await served.connect()
        half.writer.write(b"GET /half HTTP/1.1\r\nHost:")
        assert b"200 OK" in await other.ask()  # what came before it has been read
        reopening.ask()
        await heeded.wait()
        assert await other.reader.read() == b""

        half.writer.write(b" harbor\r\n\r\n")

        assert b"/half" in await half.reply()
        assert await half.reader.read() == b""


@on_uvloop
async def test_a_name_of_which_one_address_is_taken_leaves_none_open() -> None:
    wanted: list[Listener] = []
    heeded = asyncio.Event()
    both = [(socket.AF_INET, 0, 0, "", (f"127.0.0.{n}", 0)) for n in (1, 2)]

    async def change() -> Listener:
        heeded.set()
        return wanted[0]

    async with reopening_served(change) as (reopening, served):
        with (
            bind([Listener(name="taken", host="127.0.0.2", port=0)]) as bound,
            mock.patch("socket.getaddrinfo", return_value=both),
        ):
            wanted.append(replace(MAIN, host="two.test", port=bound[0][0].port))
            reopening.ask()
            await heeded.wait()
            assert b"200 OK" in await (await served.connect()).ask()

        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", wanted[0].port)


def certify(directory: Path) -> Tls:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    tls = Tls(certificate=directory / "certificate.pem", key=directory / "key.pem")
    tls.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    tls.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return tls


@on_uvloop
async def test_tls_is_spoken_where_a_certificate_is_given(tmp_path: Path) -> None:
    tls, stop = certify(tmp_path), asyncio.Event()
    ready: asyncio.Future[Sequence[Listener]] = asyncio.get_running_loop().create_future()
    listener = Listener(name="main", host="127.0.0.1", port=0, tls=tls)
    task = asyncio.create_task(serve(Application(), [listener], BOUNDS, 5, ready.set_result, stop=stop))
    trust = ssl.create_default_context(cafile=str(tls.certificate))

    client = Client(
        *await asyncio.open_connection("127.0.0.1", (await ready)[0].port, ssl=trust, server_hostname="localhost")
    )
    assert b"200 OK" in await client.ask()
    client.writer.close()
    await client.writer.wait_closed()
    stop.set()
    await task


@on_uvloop
async def test_a_certificate_without_its_key_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    mixed = Tls(certificate=certify(tmp_path).certificate, key=certify(tmp_path / "other").key)

    with pytest.raises(StartRefused, match="--tls-certificate and --tls-key"):
        await serve(Application(), [Listener(name="m", host="127.0.0.1", port=0, tls=mixed)], BOUNDS, 1, lambda _: None)


async def run_python(code: str) -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return process.returncode, out


async def test_the_descriptor_limit_is_raised_as_far_as_allowed() -> None:
    code = """
import resource
from harbor.kernel.http.server import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096))
print(raise_descriptor_limit(), resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    assert await run_python(code) == (0, b"4096 (4096, 4096)\n")


# Many, large


@on_uvloop
async def test_two_thousand_idle_connections_do_not_keep_others_from_being_answered() -> None:
    assert raise_descriptor_limit() > 4_500, "the machine allows too few open files for this test"
    async with serving(Application()) as served:
        before = psutil.Process().memory_info().rss
        idle = [await served.connect() for _ in range(2_000)]
        await idle[-1].ask()
        grown = psutil.Process().memory_info().rss - before

        assert b"200 OK" in await (await served.connect()).ask()
        assert b"200 OK" in await idle[0].ask()
        # Both ends are in this process; the server's share alone was measured at 9.5 KiB a connection.
        assert grown < 2_000 * 64 * KIB


@on_uvloop
async def test_a_huge_declared_body_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async with serving(Application(tmp_path)) as served:
        client = await served.connect()
        client.send("/upload", f"Content-Length: {100 * MIB}")

        reply = await client.reply()
        assert b" 413 " in reply
        assert b"connection: close" in reply
        assert await client.reader.read() == b""


@on_uvloop
async def test_an_endless_body_is_refused_while_it_is_being_sent(tmp_path: Path) -> None:
    async with serving(Application(tmp_path)) as served:
        client = await served.connect()
        client.send("/upload", "Transfer-Encoding: chunked")
        replied = asyncio.create_task(client.reply())
        while not replied.done():
            client.writer.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
            await client.writer.drain()

        assert b" 413 " in await replied


# Ending


@on_uvloop
async def test_a_request_in_flight_is_answered_and_nothing_new_accepted() -> None:
    app = Application()
    async with serving(app) as served:
        client = await served.connect()
        client.send("/wait")
        await until(lambda: app.waiting == 1)
        served.stop.set()
        await until(lambda: served.events == ["drain"])

        with pytest.raises(ConnectionRefusedError):
            await served.connect()
        assert not served.task.done()
        app.may_answer.set()
        assert b"connection: close" in await client.reply()
        await served.task


@on_uvloop
async def test_health_is_answered_over_open_connections_while_draining() -> None:
    app = Application()
    async with serving(app, health_paths=["/readyz"]) as served:
        busy, probe, other = [await served.connect() for _ in range(3)]
        await probe.ask("/readyz")
        await other.ask()
        busy.send("/wait")
        await until(lambda: app.waiting == 1)
        served.stop.set()
        await until(lambda: served.events == ["drain"])

        for _ in range(3):
            assert b"connection: close" not in await probe.ask("/readyz")
        assert b"connection: close" in await other.ask()
        assert await other.reader.read() == b""
        app.may_answer.set()
        assert b"200 OK" in await busy.reply()
        await served.task
        assert await probe.reader.read() == b""


@on_uvloop
async def test_idle_connections_do_not_hold_up_the_end() -> None:
    async with serving(Application(), drain_s=30) as served:
        idle = [await served.connect() for _ in range(20)]
        await asyncio.gather(*(client.ask() for client in idle))
        began = asyncio.get_running_loop().time()
        served.stop.set()
        await served.task

        assert asyncio.get_running_loop().time() - began < 5


@on_uvloop
async def test_what_outlasts_the_drain_is_cut_off() -> None:
    app = Application()
    async with serving(app, drain_s=0.2) as served:
        client = await served.connect()
        client.send("/wait")
        await until(lambda: app.waiting == 1)
        served.stop.set()
        await served.task

        assert b" 500 " in await client.reader.read()


@on_uvloop
async def test_draining_under_load_answers_every_request_that_was_taken() -> None:
    app = Application()
    answered = 0

    async def ask_until_told_to_stop(client: Client) -> None:
        nonlocal answered
        while True:
            reply = await client.ask()
            assert b"200 OK" in reply
            answered += 1
            if b"connection: close" in reply:
                return

    async with serving(app) as served:
        clients = [await served.connect() for _ in range(50)]
        asking = [asyncio.create_task(ask_until_told_to_stop(client)) for client in clients]
        await until(lambda: answered > 500)
        served.stop.set()
        await asyncio.gather(*asking)
        await served.task

        assert answered == app.handled


PROGRAM = """
import asyncio, uvloop
from harbor.kernel.http.protocol import ConnectionBounds
from harbor.kernel.http.server import Listener, serve

async def app(scope, receive, send):
    print("asked", flush=True)
    await asyncio.sleep(0.3 if scope["path"] == "/soon" else 1000)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})

async def main():
    await serve(
        app, [Listener(name="main", host="127.0.0.1", port=0)], ConnectionBounds(), 20,
        lambda bound: print(bound[0].port, flush=True), on_drain=lambda: print("draining", flush=True),
    )

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


@asynccontextmanager
async def program(path: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Client]]:
    """A process of its own that is answering one request."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    # structlog writes its lines to standard output as well; only the program's own are looked for.
    port = int(await process.stdout.readline())
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    client.send(path)
    await read_until(process, b"asked")
    try:
        yield process, client
    finally:
        client.writer.transport.abort()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def read_until(process: asyncio.subprocess.Process, word: bytes) -> None:
    assert process.stdout is not None
    while (line := await process.stdout.readline()).strip() != word:
        assert line, "the program has ended"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_the_process_ends_well(number: int) -> None:
    async with program("/soon") as (process, client):
        process.send_signal(number)

        assert b"done" in await client.reply()
        assert await process.wait() == 0


async def test_a_second_signal_ends_the_process_at_once() -> None:
    async with program("/never") as (process, _):
        process.send_signal(signal.SIGTERM)
        await read_until(process, b"draining")
        process.send_signal(signal.SIGTERM)

        assert await process.wait() == 128 + signal.SIGTERM
