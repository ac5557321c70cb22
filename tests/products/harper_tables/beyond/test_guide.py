"""What the guide says can be typed is typed, and answers what the guide says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from tests.products.harper_tables.beyond.streaming import following
from tests.products.harper_tables.conftest import Instance

GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "beyond-harper.md"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
_KEPT = re.compile(r"(\w+)=\$\((ask .*) \| jq -r (\S+)\)", re.S)


@dataclass(slots=True)
class Typed:
    """A command of the guide and what it is said to answer."""

    command: str
    answer: list[str] = field(default_factory=list)


def typed() -> Iterator[Typed]:
    """The commands in their order."""
    for block in _BLOCK.findall(GUIDE.read_text()):
        now: Typed | None = None
        text = ""
        for line in block.splitlines():
            if line.startswith("# ") and not text and now is not None:
                now.answer.append(line[2:])
                continue
            text += line + "\n"
            if line.strip() and _is_whole(text):
                if now is not None:
                    yield now
                now, text = Typed(text.strip()), ""
        if now is not None:
            yield now


def _is_whole(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True


def _at(value: Any, path: str) -> Any:
    for name in re.findall(r"[^.\[\]]+", path):
        value = value[int(name)] if re.fullmatch(r"-?\d+", name) else value[name]
    return value


def _pattern(answer: str) -> re.Pattern[str]:
    """The answer as it is written; what is left out stands for anything."""
    parts = re.split(r",?…,?", re.sub(r"\s", "", answer))
    return re.compile(".*".join(map(re.escape, parts)), re.S)


async def _said(instance: Instance, words: list[str], kept: dict[str, str]) -> bytes:
    """The reply to `ask BODY [-H HEADER]`."""
    body = re.sub(r"\$(\w+)", lambda found: kept.get(found[1], found[0]), words[1])
    headers = dict(word.split(": ", 1) for word in words[2:] if word != "-H")
    return (await instance.client.request("POST", "/", body=body.encode(), headers=headers)).body


async def test_everything_in_the_guide_can_be_typed(one_engine: Instance) -> None:
    kept: dict[str, str] = {}
    ran = 0
    for each in typed():
        if each.command.startswith("ask()"):
            continue
        if found := _KEPT.fullmatch(each.command):
            reply = await _said(one_engine, shlex.split(found[2]), kept)
            kept[found[1]] = str(_at(msgspec.json.decode(reply), found[3]))
        elif each.command.startswith("curl "):
            query = shlex.split(each.command)[-1].partition("?")[2]
            async with following(one_engine.client, query) as stream:
                await stream.until(1, at_least=True)
            lines = [line for line in stream.body.decode().splitlines() if line]
            for line, wanted in zip(lines, each.answer, strict=False):
                assert _pattern(wanted).fullmatch(re.sub(r"\s", "", line)), (line, wanted)
        else:
            words = shlex.split(each.command)
            assert words[0] == "ask", each.command
            said = re.sub(r"\s", "", (await _said(one_engine, words, kept)).decode())
            assert _pattern("".join(each.answer)).fullmatch(said), (each.command, said)
        ran += 1
    assert ran >= 20
