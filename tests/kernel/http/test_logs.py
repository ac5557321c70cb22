"""A request's line in the log: what is kept, and that no secret is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.http.requests import PRINCIPAL, request

from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.http.logs import entry_of, redacted
from harbor.kernel.http.request import Request
from harbor.kernel.requestlog.store import Entry


def entry(
    made: Request, status: int = 200, body: bytes = b"", *, keeps_bodies: bool = True, clock: ManualClock
) -> Entry:
    found, seconds = entry_of(made, status, body, clock, keeps_bodies=keeps_bodies)
    assert found is not None
    assert 0 <= seconds < 60
    return found


def test_a_line_says_who_asked_what_and_how_it_was_answered(clock: ManualClock) -> None:
    made = request(
        "POST",
        "/v1/events",
        headers={"X-Request-Id": "mine-1", "Authorization": "Bearer hb_test_secret"},
        principal=PRINCIPAL,
        route_name="events.create",
        error_code="validation_failed",
        body=b'{"a":1}',
    )

    found = entry(made, 400, b'{"error":1}', clock=clock)

    assert (found.method, found.path, found.route, found.status) == ("POST", "/v1/events", "events.create", 400)
    assert (found.account_id, found.workspace_id, found.credential_id) == ("acc_1", "ws_1", "key_1")
    assert (found.error_code, found.client, found.client_request_id) == ("validation_failed", "10.0.0.1", "mine-1")
    assert (found.request_body, found.response_body) == ('{"a":1}', '{"error":1}')
    assert found.created_at == micros(clock.now())
    assert found.duration_us >= 0
    assert "secret" not in repr(found)


def test_the_place_of_a_request_outweighs_that_of_its_key(clock: ManualClock) -> None:
    assert entry(request(principal=PRINCIPAL, workspace_id="ws_2"), clock=clock).workspace_id == "ws_2"


def test_what_went_well_keeps_no_bodies(clock: ManualClock) -> None:
    found = entry(request(principal=PRINCIPAL, body=b'{"a":1}'), 200, b'{"b":1}', clock=clock)

    assert (found.request_body, found.response_body) == (None, None)


def test_a_dialect_may_keep_none_at_all(clock: ManualClock) -> None:
    found = entry(request(principal=PRINCIPAL, body=b'{"a":1}'), 400, b'{"b":1}', keeps_bodies=False, clock=clock)

    assert (found.request_body, found.response_body) == (None, None)


def test_strangers_leave_no_line(clock: ManualClock) -> None:
    found, _ = entry_of(request(), 401, b"", clock, keeps_bodies=True)

    assert found is None


@pytest.mark.parametrize(
    ("given_id", "kept"),
    [("a" * 128, "a" * 128), ("a" * 129, None), ("", None), ("a b", None), ("ä", None), ("A.b_c:d-1", "A.b_c:d-1")],
)
def test_the_callers_own_id_is_kept_if_it_is_one(clock: ManualClock, given_id: str, kept: str | None) -> None:
    found = entry(request(headers={"x-request-id": given_id}, principal=PRINCIPAL), clock=clock)

    assert found.client_request_id == kept


def test_paths_are_cut_and_can_be_stored(clock: ManualClock) -> None:
    found = entry(request(path="/\0\ud800" + "x" * 1_000, principal=PRINCIPAL), clock=clock)

    assert found.path.startswith("/\\x00\\ud800xxx")
    assert len(found.path) == 512
    found.path.encode()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"key":"hb_test_abcDEF123"}', '{"key":"hb_test_[redacted]"}'),
        ('{"key":"hb_live_a","x":"hb_admin_b"}', '{"key":"hb_live_[redacted]","x":"hb_admin_[redacted]"}'),
        ('{"secret":"whsec_aGVsbG8="}', '{"secret":"[redacted]"}'),
        ('["whsec_aGVsbG8+/="]', '["whsec_[redacted]"]'),
        ('{"password" : "a\\"b", "x":1}', '{"password" : "[redacted]", "x":1}'),
        ('{"Authorization":"Basic x"}', '{"Authorization":"[redacted]"}'),
        ('{"api_key":"x","token":"y"}', '{"api_key":"[redacted]","token":"[redacted]"}'),
        ('{"headers":{"X-Key":"a}b","Y":"c"},"z":1}', '{"headers":{[redacted]},"z":1}'),
        ('{"headers": {"X-Key":"cut off', '{"headers": {[redacted]'),
        ('{"password":"cut off', '{"password":"[redacted]'),
        ('{"name":"harmless"}', '{"name":"harmless"}'),
    ],
)
def test_secrets_are_replaced_wherever_they_stand(body: str, kept: str) -> None:
    assert redacted(body.encode()) == kept


def test_a_long_body_is_cut() -> None:
    assert len(redacted(b"x" * 10_000)) == 4_096


@given(st.binary(max_size=60))
def test_whatever_comes_can_be_stored(body: bytes) -> None:
    kept = redacted(body)

    assert "\0" not in kept
    kept.encode()


@given(
    st.text("0123456789abcXYZ", min_size=4, max_size=30),
    st.text('{}",: \\n', max_size=10),
    st.text('{}",: \\n', max_size=10),
)
def test_a_key_is_never_kept_whatever_stands_around_it(key: str, before: str, after: str) -> None:
    assert f"hb_live_{key}" not in redacted(f"{before}hb_live_{key}{after}".encode())
