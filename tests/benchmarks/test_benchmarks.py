"""That the benchmarks can be run. What they measure is nobody's test: no test fails for a timing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benchmarks.load import pour, request
from benchmarks.measuring import Options, Report, in_turn, made_command
from benchmarks.run import QUESTIONS
from click.testing import CliRunner

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("name", ["durable_events", "deliveries"])
def test_a_quick_run_ends_with_a_ratio_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    result = _quick(name, tmp_path)

    compared = [figure for figure in result["figures"] if figure["ratio"] is not None]
    assert compared
    assert all(len(figure["ratios"]) == result["rounds"] and figure["ratio"] > 0 for figure in compared)
    assert list(tmp_path.iterdir()) == []
    # What must be exact is so at any speed: the receiver gets every event, and each once.
    assert [figure for figure in result["figures"] if str(figure["target"]).startswith("=") and not figure["met"]] == []


def test_every_question_has_a_file_that_says_what_it_asks() -> None:
    for name in QUESTIONS:
        first_line = (ROOT / "benchmarks" / f"{name}.py").read_text().splitlines()[0]
        assert first_line.startswith('"""'), name
        assert first_line.endswith("?"), name


async def test_the_two_are_measured_in_turn() -> None:
    order: list[str] = []

    async def ours() -> int:
        order.append("a")
        return len(order)

    async def other() -> int:
        order.append("b")
        return len(order)

    assert await in_turn(3, ours, other) == ([1, 3, 5], [2, 4, 6])
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_a_ratio_is_the_median_of_the_rounds_and_larger_is_better() -> None:
    report = Report("name", "question", "other")

    assert report.against("speed", [50, 100, 10], [100, 100, 100], unit="1/s", at_least=0.6) == 0.5
    assert report.against("time", [2.0, 4.0, 8.0], [1.0, 1.0, 4.0], unit="s", less_is_better=True) == 0.5
    assert [figure.met for figure in report.figures] == [False, None]


def test_a_quick_run_is_small() -> None:
    assert (Options(is_quick=True).rounds, Options(is_quick=True).size(1_000, 10)) == (2, 10)
    assert (Options().rounds, Options().size(1_000, 10)) == (5, 1_000)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--peer", "http://example.org/", "--peer-user", "a", "--peer-password", "b"], "it must be http://127.0.0.1"),
        (["--peer", "http://127.0.0.1:9925/"], "--peer needs --peer-user and --peer-password"),
    ],
)
def test_a_peer_runs_on_this_machine_and_knows_who_asks(arguments: list[str], sentence: str) -> None:
    asked = CliRunner().invoke(made_command(_never, takes_peer=True), arguments)

    assert asked.exit_code == 2
    assert sentence in asked.output


async def test_a_reply_in_chunks_is_whole_with_its_last_chunk() -> None:
    hung_up: list[asyncio.StreamWriter] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hung_up.append(writer)
        while True:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            for part in (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3\r\n[1]\r\n", b"0\r\n\r\n"):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    seen: list[bytes] = []
    async with server:
        port = server.sockets[0].getsockname()[1]
        await pour(
            port, lambda _: request("GET", "/"), 20, connections=2, status=200, seen=lambda _, body: seen.append(body)
        )
    for writer in hung_up:
        writer.close()
        await writer.wait_closed()

    assert seen == [b"3\r\n[1]\r\n0\r\n\r\n"] * 20


async def _never(_: Options) -> Report:
    """Is anything measured?"""
    raise AssertionError("nothing is measured")


def _quick(name: str, place: Path) -> Any:
    ended = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--json", "--place", str(place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)
