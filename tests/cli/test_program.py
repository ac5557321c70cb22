"""The installed program, as shells and scripts meet it."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping

from sdks.python.tests.loopback import Answer, refusal
from sdks.python.tests.samples import EVENT, EVT, WS, event, page
from tests.cli.conftest import PROGRAM, Run, StandIn
from tests.cli.test_session import unused_port

HELP_CPU_S_MAX = 0.15
HEAVY = ("rich", "httpx", "harbor_sdk", "msgspec", "harbor.kernel")


def test_the_listing_loads_no_library_that_it_does_not_need() -> None:
    script = "import sys; from harbor.cli.main import harbor; harbor.main(['--help'], standalone_mode=False); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)

    loaded = done.stdout.splitlines()[-1].split()
    assert "click" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_listing_is_quick() -> None:
    # Processor time, the best of a few: what others do on the machine must not decide.
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([PROGRAM, "--help"], capture_output=True, check=True, timeout=30)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    assert min(spent) < HELP_CPU_S_MAX


def test_the_exit_codes_hold_outside_of_python_too(program: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)
    server.answers["POST /v1/events"] = refusal(403, "permission_denied")
    create = ("events", "create", "a.b", "--payload", "{}", "--workspace", WS)

    assert program("events", "get", EVT).code == 0
    assert program(*create).code == 1
    assert program("events", "get").code == 2
    assert program(*create, HARBOR_URL=f"http://127.0.0.1:{unused_port()}").code == 3


def test_results_and_errors_go_to_their_own_streams(program: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT)

    found = program("events", "get", EVT, "--json")
    assert (found.json, found.stderr) == (EVENT, "")

    refused = program("events", "get", "evt_unknown", "--json")
    assert (refused.stdout, refused.error["code"]) == ("", "resource_not_found")


def test_a_pipe_gets_no_colour_and_every_letter(program: Run, server: StandIn) -> None:
    server.on("GET /v1/events", page(EVENT | {"payload": {"city": "Zürich", "long": "x" * 500}}))

    listed = program("events", "list", TERM="xterm-256color", PYTHONIOENCODING="utf-8")

    assert "\x1b" not in listed.stdout
    assert '"Zürich", "long": "' + "x" * 500 in listed.stdout


def test_json_survives_an_old_locale(program: Run, server: StandIn) -> None:
    server.on(f"GET /v1/events/{EVT}", EVENT | {"payload": {"city": "Zürich"}})

    found = program("events", "get", EVT, "--json", PYTHONIOENCODING="ascii")

    assert found.code == 0
    assert "Z\\u00fcrich" in found.stdout
    assert found.json["payload"] == {"city": "Zürich"}


def test_a_tail_tells_each_event_at_once_and_ends_well_on_an_interrupt(
    server: StandIn, environment: Mapping[str, str]
) -> None:
    is_over = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield f"data: {json.dumps(event(1))}\n\n".encode()
        is_over.wait(30)

    server.answers["GET /v1/events/stream"] = Answer(chunks=chunks(), headers={"Content-Type": "text/event-stream"})
    with subprocess.Popen(
        [PROGRAM, "events", "tail", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            told = json.loads(running.stdout.readline())
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 0
        finally:
            running.kill()
            is_over.set()
        assert told == event(1)
        assert running.stderr.read() == ""


def test_a_reader_that_leaves_early_causes_no_noise(server: StandIn, environment: Mapping[str, str]) -> None:
    frames = [f"data: {json.dumps(event(number) | {'payload': {'long': 'x' * 9_000}})}\n\n" for number in range(200)]
    server.answers["GET /v1/events/stream"] = Answer(
        chunks=[frame.encode() for frame in frames], headers={"Content-Type": "text/event-stream"}
    )
    with subprocess.Popen(
        [PROGRAM, "events", "tail", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            running.stdout.readline()
            running.stdout.close()
            running.wait(30)
            assert "Traceback" not in running.stderr.read()
        finally:
            running.kill()
