"""Every operation, as it appears on the wire."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sdks.python.tests.loopback import Answer, Loopback
from sdks.python.tests.samples import (
    ATTEMPT,
    DEL,
    DELIVERY,
    EVENT,
    EVT,
    KEY,
    REQ,
    SECRET_KEY,
    WEBHOOK,
    WH,
    WORKSPACE,
    WS,
    page,
)  # fmt: skip

from harbor_sdk import Harbor, InvalidRequestError, filters

DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi" / "harbor-1.json").read_bytes())
NOON = datetime(2026, 5, 25, 12, tzinfo=UTC)
NOON_TEXT = "2026-05-25T12:00:00.000Z"
ROTATED = {"id": WH, "secret": "whsec_x", "previous_secret_expires_at": NOON_TEXT}
API_KEY = {"id": KEY, "name": "ci", "secret": "hb_test_x"}

# operation, its method and path, its query or body, and what the server answers
READS: list[tuple[Callable[[Harbor], Any], str, dict[str, str], Any]] = [
    (lambda h: h.workspaces.retrieve(WS), f"/v1/workspaces/{WS}", {}, WORKSPACE),
    (lambda h: h.workspaces.list(), "/v1/workspaces", {}, page(WORKSPACE)),
    (lambda h: h.events.retrieve(EVT), f"/v1/events/{EVT}", {}, EVENT),
    (lambda h: h.events.list(workspace_id=WS, limit=5, created_after=NOON, order="asc"), "/v1/events",
     {"workspace_id": WS, "limit": "5", "created_after": NOON_TEXT, "order": "asc"}, page(EVENT)),
    (lambda h: h.events.list_deliveries(EVT, limit=5), f"/v1/events/{EVT}/deliveries", {"limit": "5"}, page(DELIVERY)),
    (lambda h: h.webhooks.retrieve(WH), f"/v1/webhooks/{WH}", {}, WEBHOOK),
    (lambda h: h.webhooks.list(workspace_id=WS, status="active"), "/v1/webhooks",
     {"workspace_id": WS, "status": "active"}, page(WEBHOOK)),
    (lambda h: h.webhooks.stats(WH, since=NOON), f"/v1/webhooks/{WH}/stats", {"since": NOON_TEXT},
     {"counts": {"failed": 1}, "success_rate": 0.5}),
    (lambda h: h.deliveries.list(workspace_id=WS, webhook_id=WH, event_id=EVT, event_type="a", status="failed",
                                 response_status=503), "/v1/deliveries",
     {"workspace_id": WS, "webhook_id": WH, "event_id": EVT, "event_type": "a", "status": "failed",
      "response_status": "503"}, page(DELIVERY)),
    (lambda h: h.deliveries.retrieve(DEL), f"/v1/deliveries/{DEL}", {},
     DELIVERY | {"attempts": [ATTEMPT], "request_body": "{}"}),
    (lambda h: h.deliveries.attempts(DEL), f"/v1/deliveries/{DEL}/attempts", {}, page(ATTEMPT)),
    (lambda h: h.event_types.list(), "/v1/event_types", {}, {"data": [{"name": "a.b"}], "has_more": False}),
    (lambda h: h.event_types.retrieve("a.b"), "/v1/event_types/a.b", {}, {"name": "a.b"}),
    (lambda h: h.request_logs.list(workspace_id=WS, status=404, method="GET", key_id=KEY), "/v1/request_logs",
     {"workspace_id": WS, "status": "404", "method": "GET", "key_id": KEY}, page({"id": REQ})),
    (lambda h: h.request_logs.retrieve(REQ), f"/v1/request_logs/{REQ}", {}, {"id": REQ, "status": 404}),
    (lambda h: h.key.retrieve(), "/v1/key", {}, {"id": KEY, "scopes": ["events:read"]}),
    (lambda h: h.admin.workspaces.list(environment="sandbox"), "/admin/v1/workspaces", {"environment": "sandbox"},
     page(WORKSPACE)),
    (lambda h: h.admin.workspaces.retrieve(WS), f"/admin/v1/workspaces/{WS}", {}, WORKSPACE),
    (lambda h: h.admin.api_keys.list(WS), f"/admin/v1/workspaces/{WS}/api_keys", {}, page(API_KEY)),
    (lambda h: h.admin.api_keys.retrieve(KEY), f"/admin/v1/api_keys/{KEY}", {}, API_KEY),
    (lambda h: h.admin.organization_keys.list(environment="sandbox"), "/admin/v1/api_keys", {"environment": "sandbox"},
     page(API_KEY)),
    (lambda h: h.admin.audit_log.list(action="api_key.created", actor=KEY, subject=KEY), "/admin/v1/audit_log",
     {"action": "api_key.created", "actor": KEY, "subject": KEY}, page({"id": "aud_1"})),
    (lambda h: h.admin.organization(), "/admin/v1/organization", {}, {"id": "org_1"}),
    (lambda h: h.admin.queue(), "/admin/v1/deliveries/queue", {}, {"depth": 3, "lag_ms": 20}),
    (lambda h: h.admin.clock.get(), "/admin/v1/clock", {}, {"now": NOON_TEXT}),
    (lambda h: h.admin.instance(), "/admin/v1/instance", {}, {"version": "1.0"}),
    (lambda h: h.admin.key_rotation.retrieve(), "/admin/v1/key_rotation", {}, {"id": "job_1", "state": "done"}),
]  # fmt: skip

POSTS: list[tuple[Callable[[Harbor], Any], str, Any, Any]] = [
    (lambda h: h.events.create(workspace_id=WS, type="a.b", payload={"orderId": 1}, idempotency_key="k"), "/v1/events",
     {"workspace_id": WS, "type": "a.b", "payload": {"orderId": 1}}, EVENT),
    (lambda h: h.events.create_batch(workspace_id=WS, events=[{"type": "a", "payload": {}}], idempotency_key="k"),
     "/v1/events/batch", {"workspace_id": WS, "events": [{"type": "a", "payload": {}}]}, page(EVENT)),
    (lambda h: h.events.redeliver(EVT, idempotency_key="k"), f"/v1/events/{EVT}/redeliver", None, page(DELIVERY)),
    (lambda h: h.events.redeliver(EVT, webhook_ids=[WH], idempotency_key="k"), f"/v1/events/{EVT}/redeliver",
     {"webhook_ids": [WH]}, page(DELIVERY)),
    (lambda h: h.webhooks.create(workspace_id=WS, url="https://a.test", events=["*"], rate_limit=5,
                                 idempotency_key="k"), "/v1/webhooks",
     {"workspace_id": WS, "url": "https://a.test", "events": ["*"], "rate_limit": 5}, WEBHOOK),
    (lambda h: h.webhooks.rotate_secret(WH, grace_period_seconds=0, idempotency_key="k"),
     f"/v1/webhooks/{WH}/rotate_secret", {"grace_period_seconds": 0}, ROTATED),
    (lambda h: h.webhooks.test(WH, payload={"a": 1}, idempotency_key="k"), f"/v1/webhooks/{WH}/test",
     {"payload": {"a": 1}}, ATTEMPT),
    (lambda h: h.webhooks.recover(WH, since=NOON, include=["failed"], idempotency_key="k"),
     f"/v1/webhooks/{WH}/recover", {"since": NOON_TEXT, "include": ["failed"]}, {"job_id": "job_1"}),
    (lambda h: h.deliveries.replay(DEL, idempotency_key="k"), f"/v1/deliveries/{DEL}/replay", None, DELIVERY),
    (lambda h: h.deliveries.cancel(DEL, idempotency_key="k"), f"/v1/deliveries/{DEL}/cancel", None, DELIVERY),
    (lambda h: h.deliveries.replay_many(workspace_id=WS, status="failed", created_after=NOON, dry_run=True,
                                        idempotency_key="k"), "/v1/deliveries/replay",
     {"workspace_id": WS, "status": "failed", "created_after": NOON_TEXT, "dry_run": True},
     {"count": 4, "dry_run": True}),
    (lambda h: h.admin.workspaces.create(name="A", environment="sandbox", idempotency_key="k"), "/admin/v1/workspaces",
     {"name": "A", "environment": "sandbox"}, WORKSPACE),
    (lambda h: h.admin.workspaces.suspend(WS, reason="billing", idempotency_key="k"),
     f"/admin/v1/workspaces/{WS}/suspend", {"reason": "billing"}, WORKSPACE),
    (lambda h: h.admin.workspaces.activate(WS, idempotency_key="k"), f"/admin/v1/workspaces/{WS}/activate", None,
     WORKSPACE),
    (lambda h: h.admin.workspaces.archive(WS, idempotency_key="k"), f"/admin/v1/workspaces/{WS}/archive", None,
     WORKSPACE),
    (lambda h: h.admin.api_keys.create(WS, name="ci", scopes=["events:read"], expires_at=NOON, idempotency_key="k"),
     f"/admin/v1/workspaces/{WS}/api_keys", {"name": "ci", "scopes": ["events:read"], "expires_at": NOON_TEXT},
     API_KEY),
    (lambda h: h.admin.organization_keys.create(name="ops", environment="sandbox", scopes=["workspaces:manage"],
                                                idempotency_key="k"), "/admin/v1/api_keys",
     {"name": "ops", "environment": "sandbox", "scopes": ["workspaces:manage"]}, API_KEY),
    (lambda h: h.admin.api_keys.roll(KEY, expire_old_in_seconds=0, idempotency_key="k"),
     f"/admin/v1/api_keys/{KEY}/roll", {"expire_old_in_seconds": 0}, API_KEY),
    (lambda h: h.admin.key_rotation.start(idempotency_key="k"), "/admin/v1/key_rotation", None, {"id": "job_1"}),
]  # fmt: skip

CHANGES: list[tuple[Callable[[Harbor], Any], str, str, Any, Any]] = [
    (lambda h: h.webhooks.update(WH, status="disabled", description=None), "PUT", f"/v1/webhooks/{WH}",
     {"status": "disabled", "description": None}, WEBHOOK),
    (lambda h: h.webhooks.delete(WH), "DELETE", f"/v1/webhooks/{WH}", None, None),
    (lambda h: h.event_types.put("a.b", description="x", schema={}), "PUT", "/v1/event_types/a.b",
     {"description": "x", "schema": {}}, {"name": "a.b"}),
    (lambda h: h.event_types.put("a.b", description=None, workspace_id=WS), "PUT", "/v1/event_types/a.b",
     {"workspace_id": WS, "description": None}, {"name": "a.b"}),
    (lambda h: h.event_types.delete("a.b"), "DELETE", "/v1/event_types/a.b", None, None),
    (lambda h: h.admin.workspaces.update(WS, name="B"), "PUT", f"/admin/v1/workspaces/{WS}", {"name": "B"}, WORKSPACE),
    (lambda h: h.admin.workspaces.delete(WS), "DELETE", f"/admin/v1/workspaces/{WS}", None, None),
    (lambda h: h.admin.api_keys.update(KEY, scopes=None), "PUT", f"/admin/v1/api_keys/{KEY}", {"scopes": None},
     API_KEY),
    (lambda h: h.admin.api_keys.revoke(KEY), "DELETE", f"/admin/v1/api_keys/{KEY}", None, None),
    (lambda h: h.admin.clock.advance(seconds=60), "POST", "/admin/v1/clock/advance", {"seconds": 60},
     {"now": NOON_TEXT, "ran": [{"at": NOON_TEXT, "deliveries": 1, "jobs": []}]}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "path", "query", "reply"), READS)
def test_reading_is_a_get_with_its_filters_in_the_query(
    harbor: Harbor, server: Loopback, operation: Callable[[Harbor], Any], path: str, query: dict[str, str], reply: Any
) -> None:
    server.script = [Answer(json=reply)]

    assert operation(harbor) is not None
    assert (server.last.method, server.last.path, dict(server.last.query)) == ("GET", path, query)
    assert server.last.headers["authorization"] == f"Bearer {SECRET_KEY}"
    assert "content-type" not in server.last.headers


@pytest.mark.parametrize(("operation", "path", "body", "reply"), POSTS)
def test_every_post_takes_an_idempotency_key_and_is_then_repeated(
    harbor: Harbor, server: Loopback, operation: Callable[[Harbor], Any], path: str, body: Any, reply: Any
) -> None:
    server.script = [Answer(503), Answer(201, reply)]

    assert operation(harbor) is not None
    first, second = server.seen
    assert first.body == second.body
    assert (second.method, second.path, second.headers["idempotency-key"]) == ("POST", path, "k")
    assert (second.json if second.body else None) == body
    assert ("content-type" in second.headers) == (body is not None)


@pytest.mark.parametrize(("operation", "method", "path", "body", "reply"), CHANGES)
def test_changes_are_sent_once(
    harbor: Harbor,
    server: Loopback,
    operation: Callable[[Harbor], Any],
    method: str,
    path: str,
    body: Any,
    reply: Any,
) -> None:
    server.script = [Answer(204) if reply is None else Answer(json=reply)]

    assert (operation(harbor) is None) == (reply is None)
    assert (server.last.method, server.last.path) == (method, path)
    assert (server.last.json if server.last.body else None) == body


def test_every_route_of_the_document_has_an_operation() -> None:
    shown = [("GET", path) for _, path, *_ in READS] + [("POST", path) for _, path, *_ in POSTS]
    shown += [(method, path) for _, method, path, *_ in CHANGES]
    elsewhere = {("GET", "/v1/events/stream"), ("POST", "/admin/v1/backup")}
    aliases = {("PATCH", "/v1/webhooks/{webhook_id}"), ("POST", "/v1/deliveries/{delivery_id}/retry")}
    routes = {(method.upper(), route) for route, item in DOCUMENT["paths"].items() for method in item} - aliases

    literal = {route for _, route in routes if "{" not in route}
    reached = {
        (method, path if path in literal else route)
        for method, path in shown
        for asked, route in routes
        if asked == method and (path == route or re.fullmatch(re.sub(r"{\w+}", "[^/]+", route), path))
    }
    assert routes - elsewhere - reached == set()


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        ("/v1/workspaces", filters.PageFilters),
        ("/v1/events", filters.EventFilters),
        ("/v1/webhooks", filters.WebhookFilters),
        ("/v1/deliveries", filters.DeliveryFilters),
        ("/v1/event_types", filters.WorkspaceFilters),
        ("/v1/request_logs", filters.RequestLogFilters),
        ("/admin/v1/workspaces", filters.AdminWorkspaceFilters),
        ("/admin/v1/api_keys", filters.OrganizationKeyFilters),
        ("/admin/v1/audit_log", filters.AuditFilters),
    ],
)
def test_lists_can_be_narrowed_by_what_the_document_names(route: str, kind: Any) -> None:
    parameters = DOCUMENT["paths"][route]["get"]["parameters"]

    assert kind.__required_keys__ | kind.__optional_keys__ == {
        one["name"] for one in parameters if one["in"] == "query"
    }


def test_payloads_keep_their_keys_and_letters(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(201, EVENT)]
    harbor.events.create(workspace_id=WS, type="a", payload={"orderId": 1, "city": "Zürich", "at": NOON})

    assert b'"payload":{"orderId":1,"city":"Z\xc3\xbcrich","at":"2026-05-25T12:00:00.000Z"}' in server.last.body


def test_repeated_filters_become_repeated_parameters(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(json=page())]
    harbor.events.list(workspace_id=WS, type=["order.*", "a.b"])

    assert [value for name, value in server.last.query if name == "type"] == ["order.*", "a.b"]


def test_an_odd_id_stays_one_segment_of_the_path(harbor: Harbor, server: Loopback) -> None:
    server.script = [Answer(json={"name": "x"})]
    harbor.event_types.retrieve("a/b?c d")

    assert server.last.path == "/v1/event_types/a%2Fb%3Fc%20d"


@pytest.mark.parametrize("event_id", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_not_sent(harbor: Harbor, server: Loopback, event_id: str) -> None:
    with pytest.raises(InvalidRequestError):
        harbor.events.retrieve(event_id)

    assert server.seen == []


@pytest.mark.parametrize("key", ["", "a b", "a\r\nX-Other: 1", "é", "x" * 256])
def test_an_idempotency_key_that_is_no_header_is_not_sent(harbor: Harbor, server: Loopback, key: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        harbor.events.create(workspace_id=WS, type="a", payload={}, idempotency_key=key)

    assert refused.value.param == "Idempotency-Key"
    assert server.seen == []


@pytest.mark.parametrize("value", [float("nan"), object(), b"bytes", "\ud800", datetime(2026, 1, 1)])
def test_a_payload_that_is_no_json_is_not_sent(harbor: Harbor, server: Loopback, value: object) -> None:
    with pytest.raises(InvalidRequestError):
        harbor.events.create(workspace_id=WS, type="a", payload={"x": value})

    assert server.seen == []


def test_misspelt_and_missing_filters_are_programming_errors(harbor: Harbor) -> None:
    with pytest.raises(TypeError, match="workspaceId"):
        harbor.events.list(workspace_id=WS, workspaceId=WS)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="workspace_id"):
        harbor.events.list()  # type: ignore[call-arg]


def test_an_admin_key_reaches_the_admin_api(client: type[Harbor], server: Loopback) -> None:
    server.script = [Answer(json=page(WORKSPACE))]
    with client("hb_admin_abc", host=server.url) as harbor:
        assert [workspace.id for workspace in harbor.admin.workspaces.list_auto()] == [WS]

    assert server.last.headers["authorization"] == "Bearer hb_admin_abc"
