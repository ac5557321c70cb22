"""`harbor webhooks verify`: the signature of a saved request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Ran, Run

from harbor.cli.webhooks_verify import read_headers
from harbor.kernel.webhooks.signing import Signer, headers_for

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
AT = "2026-05-25T12:00:01Z"
BODY = '{"id":"del_01","data":{"city":"Zürich"}}'.encode()
HEADERS = headers_for(
    [Signer(SECRET)],
    event_id="evt_01j8z0c3t4e6g8h0j2k4m6n8pq",
    delivery_id="del_01j8z0c3v5m7k9q1r2s4t6w8xy",
    event_type="order.shipped",
    attempt=1,
    timestamp=1779710401,
    body=BODY,
)


@pytest.fixture
def verify(run: Run, tmp_path: Path):
    """Saves a request and checks it."""

    def check(*words: str, body: bytes = BODY, headers: str | None = None, secret: str = SECRET) -> Ran:
        (tmp_path / "body").write_bytes(body)
        lines = "\r\n".join(f"{name}: {value}" for name, value in HEADERS.items())
        (tmp_path / "headers").write_text(f"POST /hook HTTP/1.1\r\n{lines}\r\n\r\n" if headers is None else headers)
        files = ("--headers", f"{tmp_path}/headers", "--body", f"{tmp_path}/body", "--secret", secret)
        return run("webhooks", "verify", *files, *words)

    return check


def test_a_genuine_request_ends_with_0_and_lists_every_check(verify: Run) -> None:
    found = verify("--at", AT)

    assert found.code == 0
    assert found.stderr == ""
    assert [line.split()[:2] for line in found.stdout.splitlines()[1:]] == [
        ["secret", "passed"], ["headers", "passed"], ["format", "passed"], ["timestamp", "passed"], ["age", "passed"],
        ["harbor_signature", "passed"], ["standard_signature", "passed"],
    ]  # fmt: skip


def test_a_changed_body_ends_with_1_and_names_the_check(verify: Run) -> None:
    found = verify("--at", AT, "--json", body=BODY + b" ")

    assert found.code == 1
    assert found.json["verified"] is False
    failed = [finding["check"] for finding in found.json["findings"] if not finding["passed"]]
    assert failed == ["harbor_signature", "standard_signature"]
    assert found.error["code"] == "webhook_signature_invalid"
    assert found.error["check"] == "harbor_signature"
    assert "without the blanks around it" in found.error["message"]


def test_an_old_request_is_genuine_when_one_says_when_it_came(verify: Run) -> None:
    old = verify()
    assert old.code == 1
    assert "next: --at tells when a saved request came." in old.stderr

    assert verify("--tolerance", "1e12").code == 0
    assert verify("--at", AT).code == 0


def test_another_secret_ends_with_1_and_is_never_repeated(verify: Run) -> None:
    other = "whsec_" + "B" * 32

    found = verify("--at", AT, secret=other)

    assert found.code == 1
    assert other not in found.stdout + found.stderr


def test_headers_may_be_a_json_object(verify: Run) -> None:
    assert verify("--at", AT, headers=json.dumps(HEADERS)).code == 0
    assert verify("--at", AT, headers=json.dumps({name: [value] for name, value in HEADERS.items()})).code == 0
    assert verify("--at", AT, headers="{").code == 2


def test_the_secret_may_come_from_the_environment_and_the_body_from_standard_input(run: Run, tmp_path: Path) -> None:
    (tmp_path / "headers").write_text(json.dumps(HEADERS))
    words = ("webhooks", "verify", "--headers", f"{tmp_path}/headers", "--body", "-", "--at", AT)

    assert run(*words, stdin=BODY, HARBOR_WEBHOOK_SECRET=SECRET).code == 0
    assert run(*words, stdin=BODY).code == 2


def test_one_standard_input_cannot_be_both(run: Run) -> None:
    assert run("webhooks", "verify", "--headers", "-", "--body", "-", "--secret", SECRET).code == 2


def test_headers_are_read_with_blanks_colons_and_a_request_line() -> None:
    raw = b"POST /a:b HTTP/1.1\nHost: x:80\n  Harbor-Timestamp :  17 \nnot a header\n\n"

    assert read_headers(raw) == {"Host": "x:80", "Harbor-Timestamp": "17"}
