"""Transcripts of Harbour: the guide's samples as JSON, played through the real pipeline.

A file holds transcripts by name; each is a list of steps:

- `{"there is": {…}}` puts a verification with these fields, else that of the guide's example.
- `{"send": "GET /…", "as": version or null, "headers": {…}, "body": …, "status": n, "reply": …, "reply_headers": {…},
  "keep": {…}}` sends and compares. Without `as` the key is pinned to 2.2; null sends none. `times` sends so often.
- `{"settle": true}` does what is due.

In expected values `<word>` stands for any text of a form, see `FORMS`. An object has exactly the members that are listed;
with `"…": true` it may have more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.products.harbour_agreements.office import Office
from tests.products.harbour_agreements.things import make_verification

FOLDER = Path(__file__).parent / "transcripts"
MORE = "…"
FORMS: Mapping[str, str] = {
    "<verification>": r"VERIFICATION-\d{13}_[0-9a-f]{32}",
    "<webhook>": r"wb_[0-9a-f]{32}",
    "<legacy webhook>": r"WEBHOOK-\d{13}_[0-9a-f]{32}",
    "<event>": r"EVENT-\d{13}_[0-9a-f]{32}",
    "<organization>": r"ORG-[0-9A-Za-z]{8}",
    "<iso>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}",
    "<whsec>": r"whsec_[A-Za-z0-9+/]{32}",
    "<text>": r"(?s).+",
}
_NAME = re.compile(r"\{([a-z_]+)\}")
_WHOLE = "<milliseconds>"


def transcripts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All transcripts with their names."""
    for path in sorted(FOLDER.glob("*.json")):
        for name, steps in json.loads(path.read_text()).items():
            yield f"{path.stem}: {name}", steps


@dataclass(slots=True)
class Player:
    """Plays the steps of one transcript in an organization."""

    office: Office
    names: dict[str, str] = field(default_factory=dict)

    async def play(self, steps: list[dict[str, Any]]) -> None:
        """Raises `AssertionError` at the first step that is not as it stands there."""
        self.names["receiver"] = self.office.receiver.url()
        for number, step in enumerate(steps, 1):
            if "there is" in step:
                await self.office.write(lambda call, fields=step["there is"]: make_verification(call, **fields))
            elif "settle" in step:
                await self.office.house.settle()
            else:
                await self._send(step, f"step {number}, {step['send']}")

    async def _send(self, step: dict[str, Any], where: str) -> None:
        client = self.office.client
        if "as" in step:
            headers = {} if step["as"] is None else {"x-api-key": await self.office.key(version=step["as"])}
            client = replace(client, headers=headers)
        method, _, target = self._filled(step["send"]).partition(" ")
        more = {"json": self._filled(step["body"])} if "body" in step else {}
        for _ in range(step.get("times", 1)):
            reply = await client.request(method, target, headers=step.get("headers"), **more)
        assert reply.status == step["status"], (where, reply.status, reply.body)
        if "reply" in step:
            compare(self._filled(step["reply"]), reply.json(), where)
        for name, value in step.get("reply_headers", {}).items():
            compare(value, reply.headers.get(name.lower()), f"{where}: {name}")
        for name, path in step.get("keep", {}).items():
            value: Any = reply.json()
            for part in path.split("."):
                value = value[int(part) if part.isdigit() else part]
            self.names[name] = value

    def _filled(self, value: Any) -> Any:
        """`value` with what the names in it stand for."""
        match value:
            case str():
                return _NAME.sub(lambda match: self.names[match[1]], value)
            case dict():
                return {name: self._filled(item) for name, item in value.items()}
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
        case str() if expected == _WHOLE:
            assert type(found) is int, (where, found)
            assert 10**12 <= found < 10**13, (where, found)
        case str() if expected in FORMS:
            assert isinstance(found, str), (where, expected, found)
            assert re.fullmatch(FORMS[expected], found), (where, expected, found)
        case _:
            assert type(found) is type(expected), (where, expected, found)
            assert found == expected, (where, expected, found)
