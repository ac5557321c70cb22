"""What an attempt came to, and what follows from it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.webhooks import outcome
from harbor.kernel.webhooks.outcome import Error, Outcome

NOW = datetime(2026, 5, 25, 12, 0, 1, tzinfo=UTC)


def classify(status: int | None, body: str = "", *, transport_error: Error | None = None, **headers: str) -> Outcome:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return outcome.classify(
        status=status, headers=given_headers, body=body, transport_error=transport_error, received_at=NOW
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
def test_every_2xx_is_success(status: int) -> None:
    assert classify(status, "Invalid signature", retry_after="5") == Outcome(error=None)
    assert classify(status).is_success


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
def test_every_3xx_is_a_failure_of_its_own(status: int) -> None:
    assert classify(status, location="https://elsewhere.test/") == Outcome(error=Error.REDIRECT)


@pytest.mark.parametrize("status", [100, 199, 400, 401, 403, 404, 408, 418, 422, 500, 501, 599, 999])
def test_every_other_status_is_a_failure(status: int) -> None:
    assert classify(status) == Outcome(error=Error.HTTP_STATUS)


def test_410_says_that_the_endpoint_is_gone() -> None:
    assert classify(410, retry_after="5") == Outcome(error=Error.HTTP_STATUS, is_gone=True)


@pytest.mark.parametrize(("status", "slows_down"), [(429, True), (502, True), (504, True), (503, False), (500, False)])
def test_overload_slows_the_endpoint_down(status: int, slows_down: bool) -> None:
    assert classify(status).slows_down is slows_down


@pytest.mark.parametrize(
    ("status", "expected_s"), [(429, 120), (503, 120), (500, None), (502, None), (504, None), (400, None), (410, None)]
)
def test_retry_after_counts_on_429_and_503(status: int, expected_s: float | None) -> None:
    assert classify(status, retry_after="120").retry_after_s == expected_s
    assert classify(status, Retry_After="Mon, 25 May 2026 12:02:01 GMT").retry_after_s == expected_s


def test_an_unreadable_retry_after_is_none() -> None:
    assert classify(503, retry_after="in a moment").retry_after_s is None


@pytest.mark.parametrize("error", sorted(outcome.TRANSPORT_ERRORS))
def test_a_transport_error_is_the_error_also_after_a_good_status(error: Error) -> None:
    assert classify(None, transport_error=error) == Outcome(error=error)
    assert classify(200, transport_error=error) == Outcome(error=error)


@pytest.mark.parametrize(
    "text",
    [
        "Invalid signature",
        '{"error":"invalid webhook signature"}',
        "BAD SIGNATURE",
        "mismatched signature",
        "Mismatch of the signature",
        "failed to verify signature",
        "Signature verification failed",
        "signature_mismatch",
        "signature is invalid",
        "the webhook's signature check failed",
        "first line\nsignature: invalid",
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_receiver_may_report_a_bad_signature(status: int, text: str) -> None:
    assert classify(status, text) == Outcome(error=Error.SIGNATURE_INVALID)
    assert classify(status, Harbor_Error=text) == Outcome(error=Error.SIGNATURE_INVALID)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "Invalid signature"),
        (422, "Invalid signature"),
        (500, "Invalid signature"),
        (400, "Invalid JSON"),
        (400, "signature"),
        (401, "missing signature header"),
        (400, "invalid: " + "x" * 30 + " signature"),
        (400, "invalid\nsignature"),
        (400, "x" * 5_000 + "invalid signature"),
    ],
)
def test_other_answers_report_no_bad_signature(status: int, text: str) -> None:
    assert classify(status, text).error is Error.HTTP_STATUS


def test_only_its_own_header_reports_a_bad_signature() -> None:
    assert classify(400, www_authenticate="invalid signature").error is Error.HTTP_STATUS


@pytest.mark.parametrize("word", ["mismatch", "signature", "invalid", "mismatchsignatur", "failed "])
def test_no_body_makes_the_search_long(word: str) -> None:
    body = word * (64 * 1024 // len(word))

    begun = time.perf_counter()
    classify(400, body)

    assert time.perf_counter() - begun < 0.25  # measured: 3 ms at most


@given(
    st.integers(100, 599), st.text(max_size=50), st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=3)
)
def test_any_answer_has_an_outcome(status: int, body: str, headers: dict[str, str]) -> None:
    found = outcome.classify(status=status, headers=headers, body=body, received_at=NOW)

    assert found.is_success is (200 <= status < 300)
    assert found.is_gone is (status == 410)
