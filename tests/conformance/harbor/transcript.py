"""Transcripts: requests and replies of the public documentation as JSON, played against a real server.

A file holds transcripts by name; each is a list of steps:

- `{"as": {…}}` calls from here on with a new key of these fields; `{"as": null}` without a key.
- `{"send": "GET /v1/…", "headers": {…}, "body": …, "status": n, "reply": …, "reply_headers": {…}, "keep": {…}}` sends and
  compares. `keep` names values of the reply, by dotted path, for `{name}` in later steps. `times` sends so often and
  compares the last.
- `{"receive": {"headers": {…}, "body": …}}` compares the next delivery that arrives.
- `{"advance": seconds}`, `{"suspend": reason}`, `{"activate": true}`.

In expected values `<word>` stands for any text of a form, see `FORMS`. An object has exactly the members that are listed;
with `"…": true` it may have more.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.end_to_end.client import Answer, Api
from tests.end_to_end.tenant import Tenant
from tests.receiver import Receiver

FOLDER = Path(__file__).parent / "transcripts"
MORE = "…"
_ULID = "[0-9a-hjkmnp-tv-z]{26}"
FORMS: Mapping[str, str] = {
    **{f"<{prefix}>": f"{prefix}_{_ULID}" for prefix in ("ws", "evt", "wh", "del", "req", "key")},
    "<moment>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "<unix second>": r"\d{10}",
    "<whsec>": r"whsec_[A-Za-z0-9+/]{32}",
    "<signature>": r"t=\d{10},v1=[0-9a-f]{64}",
    "<standard signature>": r"v1,[A-Za-z0-9+/]{43}=",
    "<whole number>": r"\d+",
    "<text>": r"(?s).+",
}
_NAME = re.compile(r"\{([a-z_]+)\}")


def transcripts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All transcripts with their names."""
    for path in sorted(FOLDER.glob("*.json")):
        for name, steps in json.loads(path.read_text()).items():
            yield f"{path.stem}: {name}", steps


@dataclass(slots=True)
class Player:
    """Plays the steps of one transcript in a workspace."""

    shop: Tenant
    receiver: Receiver
    names: dict[str, str] = field(default_factory=dict)
    received: int = 0

    async def play(self, steps: list[dict[str, Any]]) -> None:
        """Raises `AssertionError` at the first step that is not as it stands there."""
        self.names |= {
            "workspace": self.shop.workspace_id,
            "receiver": self.receiver.url(),
            "key": str(self.shop.api.key),
        }
        api = self.shop.api
        for number, step in enumerate(steps, 1):
            kind = next(iter(step))
            where = f"step {number}, {kind} {step[kind]}"
            match kind:
                case "as":
                    api = self.shop.api.having(None) if step["as"] is None else await self.shop.caller(**step["as"])
                    self.names["key"] = str(api.key)
                case "send":
                    await self._send(api, step, where)
                case "receive":
                    await self._receive(step["receive"], where)
                case "advance":
                    await self.shop.advance(step["advance"])
                case "suspend":
                    await self.shop.suspend(step["suspend"])
                case "activate":
                    await self.shop.activate()
                case _:
                    raise AssertionError(f"{where}: there is no such step")

    async def _send(self, api: Api, step: dict[str, Any], where: str) -> None:
        method, _, target = self._filled(step["send"]).partition(" ")
        headers = self._filled(step.get("headers", {}))
        body = {"json": self._filled(step["body"])} if "body" in step else {}
        for _ in range(step.get("times", 1)):
            answer = await api.request(method, target, headers=headers, **body)
        assert answer.status == step["status"], (where, answer.status, answer.body)
        self._compare_reply(answer, step, where)
        for name, path in step.get("keep", {}).items():
            value: Any = answer.json()
            for part in path.split("."):
                value = value[int(part) if part.isdigit() else part]
            self.names[name] = value

    def _compare_reply(self, answer: Answer, step: dict[str, Any], where: str) -> None:
        if "reply" in step:
            compare(self._filled(step["reply"]), answer.json(), f"{where}: reply")
        for name, value in self._filled(step.get("reply_headers", {})).items():
            compare(value, answer.headers.get(name), f"{where}: {name}")

    async def _receive(self, expected: dict[str, Any], where: str) -> None:
        self.received += 1
        await self.receiver.until(lambda it: len(it.got) >= self.received)
        got = self.receiver.got[self.received - 1]
        for name, value in self._filled(expected.get("headers", {})).items():
            compare(value, got.headers.get(name.lower()), f"{where}: {name}")
        if "body" in expected:
            compare(self._filled(expected["body"]), got.json(), f"{where}: body")
        await asyncio.sleep(0)

    def _filled(self, value: Any) -> Any:
        """`value` with what the names in it stand for."""
        match value:
            case str():
                return _NAME.sub(lambda match: self.names[match[1]], value)
            case dict():
                return {self._filled(name): self._filled(item) for name, item in value.items()}
            case list():
                return [self._filled(item) for item in value]
            case _:
                return value


def compare(expected: Any, found: Any, where: str) -> None:
    """Hold what was found against what stands in the transcript."""
    match expected:
        case dict():
            assert isinstance(found, dict), (where, found)
            listed = {name: item for name, item in expected.items() if name != MORE}
            missing, surplus = listed.keys() - found.keys(), found.keys() - listed.keys()
            assert not missing, (where, "missing", missing)
            assert MORE in expected or not surplus, (where, "not documented", surplus)
            for name, item in listed.items():
                compare(item, found[name], f"{where}.{name}")
        case list():
            assert isinstance(found, list), (where, found)
            assert len(found) == len(expected), (where, found)
            for index, (item, one) in enumerate(zip(expected, found, strict=True)):
                compare(item, one, f"{where}.{index}")
        case str() if expected in FORMS:
            assert isinstance(found, str), (where, expected, found)
            assert re.fullmatch(FORMS[expected], found), (where, expected, found)
        case _:
            assert type(found) is type(expected), (where, expected, found)
            assert found == expected, (where, expected, found)
