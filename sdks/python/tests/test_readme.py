"""The README's examples run as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sdks.python.tests.loopback import Answer, Loopback, Seen, refusal
from sdks.python.tests.samples import EVENT, SECRET_KEY, page

from harbor_sdk import Harbor

README = (Path(__file__).parents[1] / "README.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def respond(seen: Seen) -> Answer:
    if seen.method == "POST":
        return Answer(201, EVENT)
    return Answer(json=page(EVENT)) if seen.path == "/v1/events" else refusal(404, "resource_not_found")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_runs(example: str, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARBOR_SECRET_KEY", SECRET_KEY)
    server.respond = respond
    names: dict[str, Any] = {}
    exec(example.replace("http://127.0.0.1:8000", server.url), names)

    assert "receive" not in names or names["receive"](b"{}", {}, "whsec_x") == 400
    assert ("Harbor" in names) == bool(server.seen)


def test_the_table_names_every_method() -> None:
    harbor = Harbor(SECRET_KEY)
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))

    for namespace, methods in rows.items():
        printed = {name.removesuffix("()") for name in re.findall(r"`([\w()]+)`", methods)}
        assert printed == {name for name in dir(getattr(harbor, namespace)) if not name.startswith("_")}
