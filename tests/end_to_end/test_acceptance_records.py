"""The catalogue of event types, the request log, the service routes and the documents of a running server."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.end_to_end.client import Api
from tests.end_to_end.tenant import HOUR_S, Tenant, eventually
from tests.end_to_end.test_acceptance_scopes import ADMIN_ROUTES, ROUTES

SCHEMA = {"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string"}}}


async def test_a_type_is_put_read_listed_and_removed(each_shop: Tenant) -> None:
    api, target = each_shop.api, "/v1/event_types/order.shipped"
    entry = {"description": "An order left the house.", "schema": SCHEMA, "example": {"order_id": "ord_77"}}

    made = (await api.put(target, entry)).expect(201)
    again = (await api.put(target, {"description": "Sent."})).expect(200)
    await api.put("/v1/event_types/invoice.paid", {})
    found = (await api.get(target)).expect(200)
    listed = await each_shop.items("/v1/event_types?limit=1")
    (await api.delete(target)).expect(204)
    gone = await api.get(target)

    assert set(made) >= {"name", "description", "schema", "example", "created_at", "updated_at"}
    assert {name: made[name] for name in entry} == entry
    assert made["name"] == "order.shipped"
    assert (again["description"], again["schema"], again["created_at"]) == ("Sent.", None, made["created_at"])
    assert found == again
    assert [type_["name"] for type_ in listed] == ["invoice.paid", "order.shipped"]
    assert (gone.status, gone.error["code"]) == (404, "resource_not_found")


async def test_the_catalogue_does_not_bind_events(shop: Tenant) -> None:
    (await shop.api.put("/v1/event_types/order.shipped", {"schema": SCHEMA})).expect(201)

    await shop.event("order.shipped", {"something": "else"})
    await shop.event("not.in.the.catalogue")
    (await shop.api.delete("/v1/event_types/order.shipped")).expect(204)

    assert len(await shop.items(f"/v1/events?workspace_id={shop.workspace_id}")) == 2


@pytest.mark.parametrize(
    ("name", "body", "param"),
    [
        ("order..x", {}, "name"),
        ("harbor.own", {}, "name"),
        ("order.x", {"schema": "text"}, "schema"),
        ("order.x", {"example": []}, "example"),
        ("order.x", {"descriptoin": "x"}, "descriptoin"),
    ],
)
async def test_a_bad_entry_is_refused(shop: Tenant, name: str, body: dict[str, Any], param: str) -> None:
    answer = await shop.api.put(f"/v1/event_types/{name}", body)

    assert (answer.status, answer.error["param"]) == (400, param)


async def logged(shop: Tenant, api: Api, request_id: str) -> dict[str, Any]:
    """The line of a request; it is written a moment after the reply."""

    async def look() -> dict[str, Any] | None:
        answer = await api.get(f"/v1/request_logs/{request_id}")
        return answer.json() if answer.status == 200 else None

    return await eventually(look, f"{request_id} is in the log")


async def test_a_request_is_logged_under_the_id_its_reply_carried(each_shop: Tenant) -> None:
    key = (await each_shop.api.get("/v1/key")).expect(200)["id"]
    answer = await each_shop.api.get("/v1/events/evt_000000", headers={"X-Request-Id": "client-7"})

    line = await logged(each_shop, each_shop.api, answer.headers["Harbor-Request-Id"])

    assert (line["method"], line["path"], line["status"]) == ("GET", "/v1/events/evt_000000", 404)
    assert (line["error_code"], line["key_id"]) == ("resource_not_found", key)
    assert line["workspace_id"] == each_shop.workspace_id
    assert line["client_request_id"] == "client-7"
    assert 0 < line["duration_ms"] < 10_000


async def test_the_log_keeps_no_secret(shop: Tenant) -> None:
    own = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
    hook = {
        "workspace_id": shop.workspace_id,
        "url": "ftp://x",
        "events": ["*"],
        "secret": own,
        "headers": {"X-Token": "t0ken"},
    }
    refused = await shop.api.post("/v1/webhooks", hook)
    stray = await shop.api.post("/v1/events", {**shop.body(payload={"password": "hunter2"}), "api_key": shop.api.key})
    good = await shop.api.post("/v1/events", shop.body(payload={"password": "hunter2"}))

    lines = [await logged(shop, shop.api, answer.headers["Harbor-Request-Id"]) for answer in (refused, stray, good)]

    text = str(lines)
    assert [line["status"] for line in lines] == [400, 400, 201]
    key = str(shop.api.key)
    for secret in (own, "hunter2", "t0ken", key):
        assert secret not in text
        assert secret not in shop.server.log
    assert lines[2]["request_body"] is None


async def test_requests_are_listed_newest_first_and_by_status(shop: Tenant) -> None:
    good = await shop.api.get("/v1/key")
    bad = await shop.api.get("/v1/events/evt_000000")
    for answer in (good, bad):
        await logged(shop, shop.api, answer.headers["Harbor-Request-Id"])

    lines = await shop.items("/v1/request_logs?limit=100&created_after=2020-01-01T00:00:00Z")
    refused = await shop.items("/v1/request_logs?status=404&method=GET")

    ids = [line["id"] for line in lines]
    assert ids == sorted(ids, reverse=True)
    assert bad.headers["Harbor-Request-Id"] in {line["id"] for line in refused}
    assert good.headers["Harbor-Request-Id"] not in {line["id"] for line in refused}


async def test_one_workspace_does_not_see_anothers_requests(shop: Tenant, slow_shop: Tenant) -> None:
    elsewhere = await slow_shop.api.get("/v1/key")
    answer = await shop.api.get(f"/v1/request_logs/{elsewhere.headers['Harbor-Request-Id']}")

    assert answer.status == 404


async def test_what_is_past_its_term_is_gone_unless_it_is_owed(slow_shop: Tenant) -> None:
    event = await slow_shop.event()
    request = await slow_shop.api.get("/v1/events/evt_000000")
    await slow_shop.advance(1)
    await logged(slow_shop, slow_shop.api, request.headers["Harbor-Request-Id"])
    await slow_shop.advance(8 * 24 * HOUR_S)
    log = await slow_shop.api.get(f"/v1/request_logs/{request.headers['Harbor-Request-Id']}")
    still = await slow_shop.api.get(f"/v1/events/{event['id']}")
    await slow_shop.advance(83 * 24 * HOUR_S)
    gone = await slow_shop.api.get(f"/v1/events/{event['id']}")

    assert (log.status, still.status, gone.status) == (404, 200, 404)


async def test_service_routes_answer(each_shop: Tenant) -> None:
    api = each_shop.api.having(None)

    health, readiness, metrics = await api.get("/healthz"), await api.get("/readyz"), await api.get("/metrics")

    assert (health.status, readiness.status, metrics.status) == (200, 200, 200)
    assert b"# TYPE harbor_" in metrics.body
    assert (await api.get("/")).status == 200


async def test_the_openapi_document_is_valid_and_names_every_route(shop: Tenant) -> None:
    document = (await shop.api.having(None).get("/openapi.json")).expect(200)

    OpenAPIV31SpecValidator(document).validate()
    named = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    known = {(method, _template(target)) for method, target in [*ROUTES, *ADMIN_ROUTES]}
    assert {(method, _template(path)) for method, path in named} >= known
    assert document["servers"][0]["url"].startswith(shop.server.url)


def _template(path: str) -> str:
    parts = path.split("/")
    is_id = [part.startswith("{") or part == "order.shipped" or (part[-26:] == "0" * 26) for part in parts]
    return "/".join("{}" if found else part for part, found in zip(parts, is_id, strict=True))
