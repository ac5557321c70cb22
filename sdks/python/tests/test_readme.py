"""The README's examples run as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sdks.python.tests.loopback import Answer, Loopback, Seen, refusal
from sdks.python.tests.samples import EVENT, SECRET_KEY, page

from harbor_sdk import ErrorCode, Harbor
from harbor_sdk.errors import error_class

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
    assert ("Harbor" in names or "AsyncHarbor" in names) == bool(server.seen)


def test_the_table_names_every_method() -> None:
    harbor = Harbor(SECRET_KEY)
    table = README.partition("| Namespace |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))

    assert rows.keys() == {name for name in vars(harbor) if not name.startswith("_")}
    for namespace, methods in rows.items():
        printed = {name.removesuffix("()") for name in re.findall(r"`([\w()]+)`", methods)}
        assert printed == {name for name in dir(getattr(harbor, namespace)) if not name.startswith("_")}


def test_the_table_of_errors_names_every_code_with_its_class() -> None:
    rows = re.findall(r"^\| `(\w+)`(?: alone)? \| (`.*`) \|$", README.partition("| Class |")[2], re.MULTILINE)
    named = {code: name for name, codes in rows for code in re.findall(r"\w+", codes)}

    assert set(named) == {code.value for code in ErrorCode}
    statuses = {"workspace_archived": 403, "method_not_allowed": 405}
    own = {"connection_error", "timeout", "webhook_signature_invalid", "invalid_response"}
    for code in named.keys() - own:
        assert error_class(code, statuses.get(code, 409)).__name__ == named[code]
