"""Exceptions are found among lines, and what only looks like one is not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harbor.products.appharbor_apps.logs.traces import DEPTH_MAX, LINES_MAX, Traces


def found(text: str) -> list[tuple[str, str, bool]]:
    """Type, message and whether there is a cause, of all exceptions in a text."""
    traces = Traces()
    return [
        (each.type, each.message, each.inner is not None) for each in [*traces.feed(text.splitlines()), *traces.end()]
    ]


def printed(code: str) -> str:
    """What Python prints on its way out."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("[][1]", [("IndexError", "list index out of range", False)]),
        ("raise KeyboardInterrupt", [("KeyboardInterrupt", "", False)]),
        ("import json; json.loads('{')", [("json.decoder.JSONDecodeError", None, False)]),
        ("try:\n  1/0\nexcept ZeroDivisionError as e:\n  raise ValueError('ebb: low') from e", [("ValueError", "ebb: low", True)]),
        ("try:\n  1/0\nexcept ZeroDivisionError:\n  {}['x']", [("KeyError", "'x'", True)]),
    ],
)  # fmt: skip
def test_what_python_prints_is_an_exception(code: str, expected: list[tuple[str, str | None, bool]]) -> None:
    for text in (printed(code), printed(code) + "GET / 200\n", "listening\n" + printed(code)):
        assert [
            (a, b if b is None else m, c) for (a, m, c), (_, b, _) in zip(found(text), expected, strict=True)
        ] == expected


def test_two_that_follow_one_another_are_two() -> None:
    one = printed("[][1]")

    assert found(one + "GET / 500\n" + one) == [("IndexError", "list index out of range", False)] * 2


def test_what_node_prints_is_an_exception() -> None:
    text = (
        "/app/server.js:3\n    throw new TypeError('no moon');\n    ^\n\nTypeError: no moon\n    at f (/app/server.js:3:9)\n"
        "    at Object.<anonymous> (/app/server.js:5:1)\n\nNode.js v20.1.0\n"
    )

    assert found(text) == [("TypeError", "no moon", False)]


@pytest.mark.parametrize(
    "text",
    [
        "ValueError: said in passing\n",
        "Traceback (most recent call last):\n  File\nand then something else, with a comma\n",
        "Traceback (most recent call last):\n" + "  x\n" * (LINES_MAX * 2),
        "    at nowhere\n    at all\n",
        "",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert found(text) == []


def test_an_endless_chain_is_cut() -> None:
    link = "Traceback (most recent call last):\n  File\nValueError: x\n\nDuring handling of the above exception, another exception occurred:\n\n"
    traces = Traces()
    (*_, last) = [*traces.feed((link * 100).splitlines()), *traces.end()]

    depth, inner = 0, last.inner
    while inner is not None:
        depth, inner = depth + 1, inner.inner
    assert depth <= DEPTH_MAX
