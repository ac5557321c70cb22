"""The examples of Harper's public reference, request by request.

`transcripts/*.json` hold lists of steps `[request, reply]`; `"status"` beside them where it is not 200. In a reply,
`"<time>"` stands for any number of milliseconds, `"<uuid>"` for a generated key and `"<token>"` for a token; `"…": true` lets
an object have more. `"as"` names who sends it where that is not the super user: name and password, or an empty list for nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables.compat import Compat

FOLDER = Path(__file__).parent / "transcripts"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def transcripts() -> Iterator[Any]:
    """Every transcript, named after its file and title."""
    for path in sorted(FOLDER.glob("*.json")):
        for name, steps in json.loads(path.read_text()).items():
            yield pytest.param(steps, id=f"{path.stem}: {name}")


@pytest.fixture(params=list(Compat))
async def instance(
    database: Database, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Instance]:
    """An instance on each engine, in both lines."""
    async with open_instance(database, clock, tmp_path, request.param) as opened:
        yield opened


@pytest.mark.parametrize("steps", list(transcripts()))
async def test_the_documented_example_is_answered_as_documented(instance: Instance, steps: list[Any]) -> None:
    for number, step in enumerate(steps, 1):
        reply = await caller(instance, step).client.request("POST", "/", step["send"])
        where = f"step {number}: {step['send']}"
        assert reply.status == step.get("status", 200), (where, reply.status, reply.body)
        compare(step["reply"], reply.json(), where)


def caller(instance: Instance, step: Any) -> Instance:
    """The instance as who sends the step calls it."""
    sender = step.get("as")
    if sender == []:
        return replace(instance, client=instance.house.client("harper"))
    return instance if sender is None else instance.as_user(*sender)


def compare(expected: Any, found: Any, where: str) -> None:
    """Raise `AssertionError` at the first place where they differ."""
    if expected == "<time>":
        assert type(found) in (int, float), (where, found)
    elif expected == "<token>":
        assert found.count(".") == 2, (where, found)
    elif expected == "<uuid>":
        assert _UUID.fullmatch(found), (where, found)
    elif isinstance(expected, dict):
        assert isinstance(found, dict), (where, found)
        names = [name for name in expected if name != "…"]
        if "…" in expected:
            found = {name: value for name, value in found.items() if name in names}
        assert list(found) == names, (where, list(found), names)
        for name in names:
            compare(expected[name], found[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), (where, found)
        assert len(found) == len(expected), (where, found)
        for place, each in enumerate(expected):
            compare(each, found[place], f"{where}[{place}]")
    else:
        assert (type(expected), expected) == (type(found), found), (where, found)
