"""What refusals become."""

from __future__ import annotations

import copy
import pickle

import pytest
from sdks.python.tests.loopback import Answer, Loopback, refusal
from sdks.python.tests.samples import EVENT, EVT, REQ

import harbor_sdk as sdk
from harbor_sdk import Harbor, HarborError


@pytest.mark.parametrize(
    ("status", "code", "cls"),
    [
        (401, "authentication_failed", sdk.AuthenticationError),
        (403, "permission_denied", sdk.PermissionDeniedError),
        (403, "workspace_suspended", sdk.WorkspaceSuspendedError),
        (403, "a_code_of_next_year", sdk.PermissionDeniedError),
        (404, "resource_not_found", sdk.NotFoundError),
        (404, "route_not_found", sdk.NotFoundError),
        (400, "invalid_request", sdk.InvalidRequestError),
        (413, "payload_too_large", sdk.InvalidRequestError),
        (415, "invalid_request", sdk.InvalidRequestError),
        (409, "idempotency_conflict", sdk.IdempotencyConflictError),
        (409, "webhook_disabled", HarborError),
        (409, "delivery_not_replayable", HarborError),
        (409, "delivery_not_cancelable", HarborError),
        (409, "workspace_not_archived", HarborError),
        (409, "conflict", HarborError),
        (429, "rate_limit_exceeded", sdk.RateLimitError),
        (500, "internal_error", sdk.ServerError),
        (503, "service_unavailable", sdk.ServerError),
    ],
)
def test_each_code_has_its_class(
    client: type[Harbor], server: Loopback, status: int, code: str, cls: type[HarborError]
) -> None:
    server.script = [refusal(status, code)]

    with client("hb_test_abc", host=server.url, max_retries=0) as harbor, pytest.raises(HarborError) as refused:
        harbor.events.retrieve(EVT)
    assert type(refused.value) is cls
    assert (refused.value.code, refused.value.status, refused.value.request_id) == (code, status, REQ)
    assert str(refused.value) == refused.value.message == f"{code}!"


def test_an_error_carries_everything_the_envelope_says(harbor: Harbor, server: Loopback) -> None:
    details = [{"param": "limit", "message": "too big"}]
    server.script = [refusal(400, "invalid_request", param="limit", details=details, doc_url="https://a.test")]

    with pytest.raises(sdk.InvalidRequestError) as refused:
        harbor.events.retrieve(EVT)
    error = refused.value
    assert (error.param, list(error.details), error.doc_url) == ("limit", details, "https://a.test")


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[]", b'{"error": "no"}', b'{"error": {}}', b"\xff\xfe"])
def test_a_refusal_without_an_envelope_is_still_a_harbor_error(harbor: Harbor, server: Loopback, body: bytes) -> None:
    server.script = [Answer(404, body=body, headers={"Harbor-Request-Id": REQ})]

    with pytest.raises(sdk.NotFoundError) as refused:
        harbor.events.retrieve(EVT)
    assert (refused.value.code, refused.value.request_id) == ("invalid_response", REQ)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"NaN", b"\xff", b"[" * 100_000, b'{"id": 1}', b"{}"])
def test_a_success_that_makes_no_sense_is_an_invalid_response(harbor: Harbor, server: Loopback, body: bytes) -> None:
    server.script = [Answer(200, body=body, headers={"Harbor-Request-Id": REQ})]

    with pytest.raises(HarborError) as refused:
        harbor.events.retrieve(EVT)
    assert (refused.value.code, refused.value.status, refused.value.request_id) == ("invalid_response", 200, REQ)
    assert len(server.seen) == 1


def test_a_redirect_is_not_followed(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(302, headers={"Location": "/v1/elsewhere"}), Answer(json=EVENT)]

    with pytest.raises(HarborError) as refused:
        harbor.events.retrieve(EVT)
    assert refused.value.status == 302
    assert len(server.seen) == 1


def test_errors_survive_pickling_and_copying() -> None:
    error = sdk.RateLimitError("rate_limit_exceeded", "Too many.", 429, REQ, 1500, param="x")

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is sdk.RateLimitError
        assert (str(twin), twin.__dict__) == (str(error), error.__dict__)
