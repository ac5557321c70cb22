"""Objects as the server sends them."""

from __future__ import annotations

from typing import Any

WS = "ws_01j8yxw2v3t4s5r6q7p8n9m0k1"
WH = "wh_01j8z0a1b2c3d4e5f6g7h8j9k0"
EVT = "evt_01j8z0c3t4e6g8h0j2k4m6n8pq"
DEL = "del_01j8z0c3v5m7k9q1r2s4t6w8xy"
KEY = "key_01j8z0c3v5m7k9q1r2s4t6w8xy"
REQ = "req_01j8z1m2n3p4q5r6s7t8v9w0xy"
SECRET_KEY = "hb_test_0123456789abcdefghijklmnopqrstuv000000"

WORKSPACE: dict[str, Any] = {
    "id": WS,
    "name": "Fulfilment",
    "status": "active",
    "created_at": "2026-05-25T11:58:03.120Z",
    "suspension_reason": None,
    "environment": "sandbox",
}

EVENT: dict[str, Any] = {
    "id": EVT,
    "type": "order.shipped",
    "workspace_id": WS,
    "payload": {"order_id": "ord_77", "carrier": "dhl"},
    "created_at": "2026-05-25T12:00:00.000Z",
}

WEBHOOK: dict[str, Any] = {
    "id": WH,
    "workspace_id": WS,
    "url": "https://hooks.acme.test/harbor",
    "events": ["order.shipped", "invoice.*"],
    "status": "active",
    "secret": "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY",
    "created_at": "2026-05-25T11:59:00.000Z",
    "description": None,
    "metadata": {},
    "filter": None,
    "rate_limit": None,
    "ordering": "none",
    "signature_format": "timestamped",
    "disabled_reason": None,
    "updated_at": "2026-05-25T11:59:00.000Z",
}

DELIVERY: dict[str, Any] = {
    "id": DEL,
    "workspace_id": WS,
    "webhook_id": WH,
    "event_id": EVT,
    "event_type": "order.shipped",
    "status": "retrying",
    "attempt_count": 2,
    "next_attempt_at": "2026-05-25T12:35:02.000Z",
    "expires_at": "2026-05-28T12:00:01.000Z",
    "last_response_status": 503,
    "last_error": "http_status",
    "created_at": "2026-05-25T12:00:01.000Z",
    "completed_at": None,
}

ATTEMPT: dict[str, Any] = {
    "id": "att_01j8z0c9d8e7f6g5h4j3k2m1n0",
    "delivery_id": DEL,
    "number": 2,
    "trigger": "automatic",
    "started_at": "2026-05-25T12:05:02.011Z",
    "duration_ms": 143,
    "url": "https://hooks.acme.test/harbor",
    "response_status": 503,
    "response_headers": {"retry-after": "120"},
    "response_body": "upstream down",
    "response_truncated": False,
    "error": "http_status",
    "signature_timestamp": 1779710702,
    "resolved_ip": "93.184.215.14",
}


def page(*data: Any, has_more: bool = False) -> dict[str, Any]:
    """A list object."""
    return {"data": list(data), "has_more": has_more, "end_cursor": data[-1]["id"] if data else None}


def event(number: int) -> dict[str, Any]:
    """The event with this number."""
    return EVENT | {"id": f"evt_{number:026d}", "payload": {"n": number}}
