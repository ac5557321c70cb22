"""Transport: media types, malformed JSON, methods, unknown routes, order of the checks."""

from __future__ import annotations

import asyncio

import pytest
from tests.end_to_end.tenant import Tenant

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/vnd.acme+json"],
)
async def test_json_is_taken_under_its_usual_names(shop: Tenant, media_type: str) -> None:
    answer = await shop.api.post("/v1/events", shop.body(), headers={"Content-Type": media_type})

    assert answer.status == 201


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"]
)
async def test_another_media_type_is_415(shop: Tenant, media_type: str) -> None:
    answer = await shop.api.post("/v1/events", body=b"{}", headers={"Content-Type": media_type})

    assert (answer.status, answer.error["code"]) == (415, "invalid_request")


async def test_a_body_without_a_media_type_is_415(shop: Tenant) -> None:
    answer = await shop.api.post("/v1/events", body=b"{}")

    assert (answer.status, answer.error["code"]) == (415, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"not json",
        b"[]",
        b'"text"',
        b"null",
        b"12",
        b'{"type":"a","type":"b"}',
        b'{"payload":{"x":1,"x":2}}',
        b'{"payload":{"x":NaN}}',
        b'{"payload":{"x":Infinity}}',
        b'{"payload":{"x":"\\ud800"}}',
        b'{"payload":{"x":"\\u0000"}}',
        b'{"payload":{"x":"\xff"}}',
        b"\xef\xbb\xbf{}",
        b'{"payload":' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"payload":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b"{} {}",
        b"{'a':1}",
        b'{"a":01}',
    ],
    ids=range(19),
)
async def test_malformed_json_is_400(shop: Tenant, body: bytes) -> None:
    answer = await shop.api.post("/v1/events", body=body, headers=JSON)

    assert (answer.status, answer.error["code"]) == (400, "invalid_request")


async def test_a_body_nested_64_deep_is_taken(shop: Tenant) -> None:
    depth = 62  # two are the body and its payload
    body = f'{{"workspace_id":"{shop.workspace_id}","type":"a","payload":{{"x":{"[" * depth}{"]" * depth}}}}}'

    assert (await shop.api.post("/v1/events", body=body.encode(), headers=JSON)).status == 201


@pytest.mark.parametrize(
    "target", ["/v1/nothing", "/v1", "/v1/", "/v1/events/", "/v2/events", "/admin/v1/nothing", "/v1//events"]
)
async def test_an_unknown_path_is_404_route_not_found(shop: Tenant, target: str) -> None:
    answer = await shop.api.get(target)

    assert (answer.status, answer.error["code"]) == (404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "target", "allow"),
    [
        ("DELETE", "/v1/events", "GET, HEAD, POST"),
        ("POST", "/v1/key", "GET, HEAD"),
        ("PUT", "/v1/webhooks", "GET, HEAD, POST"),
        ("POST", "/v1/webhooks/wh_000000", "DELETE, GET, HEAD, PATCH, PUT"),
        ("GET", "/v1/events/batch", None),
        ("TRACE", "/v1/events", "GET, HEAD, POST"),
    ],
)
async def test_another_method_is_405_with_allow(shop: Tenant, method: str, target: str, allow: str | None) -> None:
    answer = await shop.api.request(method, target)

    if allow is None:  # "batch" is no event's id, but the path of a POST
        assert answer.status in (404, 405)
        return
    assert (answer.status, answer.error["code"], answer.headers["Allow"]) == (405, "method_not_allowed", allow)


async def test_head_is_get_without_the_body(shop: Tenant) -> None:
    event = await shop.event()

    got = await shop.api.get(f"/v1/events/{event['id']}")
    head = await shop.api.request("HEAD", f"/v1/events/{event['id']}")
    missing = await shop.api.request("HEAD", "/v1/events/evt_000000")

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.body))
    assert (missing.status, missing.body) == (404, b"")


async def test_cors_is_off(shop: Tenant) -> None:
    headers = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}

    preflight = await shop.api.http.options(shop.api.url + "/v1/events", headers=headers)
    answer = await shop.api.get("/v1/key", headers=headers)

    assert not any(name.lower().startswith("access-control") for name in [*preflight.headers, *answer.headers])


async def test_the_request_id_is_ours_whatever_the_client_says(shop: Tenant) -> None:
    answer = await shop.api.get("/v1/key", headers={"X-Request-Id": "mine"})

    assert answer.headers["Harbor-Request-Id"].startswith("req_")


async def test_an_unknown_field_is_refused_by_its_name(shop: Tenant) -> None:
    answer = await shop.api.post("/v1/events", {**shop.body(), "workspaceId": shop.workspace_id})

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "invalid_request", "workspaceId")


async def test_checks_come_in_the_documented_order(shop: Tenant) -> None:
    """Each request breaks all rules from some rule on; the first of them is told."""
    other = "ws_00000000000000000000000000"
    nobody, reader = shop.api.having("hb_test_bad"), await shop.caller(scopes=["events:read"])
    tight = await shop.caller(scopes=["events:read"], rate_limit="1:1")
    await tight.get("/v1/key")
    large = b'{"payload":"' + b"x" * 2_000_000

    async def told(api: object, target: str, body: bytes) -> tuple[int, str]:
        answer = await api.post(target, body=body, headers=JSON)  # type: ignore[attr-defined]
        return answer.status, answer.error["code"]

    assert await told(nobody, "/v1/nothing", b"{") == (404, "route_not_found")
    assert await told(nobody, "/v1/events", b"{") == (401, "authentication_failed")
    assert await told(tight, "/v1/events", b"{") == (429, "rate_limit_exceeded")
    assert await told(reader, "/v1/events", b"{") == (403, "permission_denied")
    assert await told(shop.api, "/v1/events", large) == (413, "payload_too_large")
    assert await told(shop.api, "/v1/events", b"{") == (400, "invalid_request")
    unknown = f'{{"workspace_id":"{other}","type":"no blanks"}}'.encode()
    assert await told(shop.api, "/v1/events", unknown) == (404, "resource_not_found")
    await shop.suspend()
    invalid = f'{{"workspace_id":"{shop.workspace_id}","type":"no blanks"}}'.encode()
    assert await told(shop.api, "/v1/events", invalid) == (403, "workspace_suspended")
    await shop.activate()
    assert await told(shop.api, "/v1/events", invalid) == (400, "invalid_request")


async def test_requests_on_one_connection_are_answered_in_turn(shop: Tenant) -> None:
    answers = await asyncio.gather(*(shop.api.get("/v1/key") for _ in range(100)))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.headers["Harbor-Request-Id"] for answer in answers}) == 100
