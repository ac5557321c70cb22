"""Webhook endpoints: what they look like, what is refused, and which events they get."""

from __future__ import annotations

from typing import Any

import pytest
from tests.end_to_end.tenant import Tenant
from tests.receiver import Receiver

FIELDS = [
    "id",
    "workspace_id",
    "url",
    "events",
    "status",
    "created_at",
    "description",
    "metadata",
    "filter",
    "rate_limit",
    "ordering",
    "signature_format",
    "disabled_reason",
    "updated_at",
]


async def test_registering_shows_the_secret_and_nothing_else_ever_does(each_shop: Tenant, receiver: Receiver) -> None:
    made = await each_shop.webhook(receiver.url(), ["order.shipped", "invoice.*"])
    target = f"/v1/webhooks/{made['id']}"

    found = await each_shop.api.get(target)
    changed = await each_shop.api.put(target, {"description": "Warehouse"})
    listed = await each_shop.api.get(f"/v1/webhooks?workspace_id={each_shop.workspace_id}")

    assert set(made) == {*FIELDS, "secret"}
    assert len(made["secret"]) == len("whsec_") + 32
    assert list(found.json()) == FIELDS
    assert found.json() == {name: made[name] for name in FIELDS}
    assert listed.json()["data"] == [changed.json()]
    for answer in (found, changed, listed):
        assert made["secret"].encode() not in answer.body


async def test_an_endpoint_has_documented_defaults(shop: Tenant, receiver: Receiver) -> None:
    made = await shop.webhook(receiver.url(), ["order.shipped"])

    assert made["status"] == "active"
    assert (made["description"], made["filter"], made["rate_limit"], made["disabled_reason"]) == (None,) * 4
    assert (made["metadata"], made["ordering"], made["signature_format"]) == ({}, "none", "timestamped")
    assert made["created_at"] == made["updated_at"]


async def test_what_is_absent_stays_and_what_is_null_goes(each_shop: Tenant, receiver: Receiver) -> None:
    full = {
        "description": "Warehouse",
        "metadata": {"team": "blue"},
        "headers": {"X-Token": "s3cret"},
        "filter": {"amount": {"$gte": 100}},
        "rate_limit": 50,
        "ordering": "strict",
        "signature_format": "hex",
    }
    made = await each_shop.webhook(receiver.url(), ["order.*"], **full)
    target = f"/v1/webhooks/{made['id']}"

    one = (await each_shop.api.put(target, {"events": ["invoice.*"]})).expect(200)
    cleared = (
        await each_shop.api.request(
            "PATCH",
            target,
            {"description": None, "metadata": None, "headers": None, "filter": None, "rate_limit": None},
        )
    ).expect(200)

    assert {name: one[name] for name in full if name != "headers"} == {
        name: value for name, value in full.items() if name != "headers"
    }
    assert one["events"] == ["invoice.*"]
    assert (cleared["description"], cleared["metadata"], cleared["filter"], cleared["rate_limit"]) == (
        None,
        {},
        None,
        None,
    )
    assert (cleared["ordering"], cleared["events"]) == ("strict", ["invoice.*"])


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("events", [], "events"),
        ("events", ["order.*", "order.*"], "events.1"),
        ("events", ["a"] * 101, "events"),
        ("events", ["*.order"], "events.0"),
        ("events", ["order.*.x"], "events.0"),
        ("events", ["order*"], "events.0"),
        ("events", ["order."], "events.0"),
        ("events", "order.*", "events"),
        ("events", [1], "events.0"),
        ("description", "x" * 257, "description"),
        ("metadata", {f"k{n}": "v" for n in range(21)}, "metadata"),
        ("metadata", {"k": 1}, "metadata"),
        ("headers", {f"X-{n}": "v" for n in range(11)}, "headers"),
        ("headers", {"Host": "x"}, "headers"),
        ("headers", {"User-Agent": "x"}, "headers"),
        ("headers", {"Content-Type": "x"}, "headers"),
        ("headers", {"Content-Length": "1"}, "headers"),
        ("headers", {"Harbor-Signature": "x"}, "headers"),
        ("headers", {"webhook-id": "x"}, "headers"),
        ("headers", {"Connection": "close"}, "headers"),
        ("headers", {"Transfer-Encoding": "chunked"}, "headers"),
        ("headers", {"X Bad": "x"}, "headers"),
        ("headers", {"X-Bad": "a\r\nX-Other: b"}, "headers"),
        ("rate_limit", 0, "rate_limit"),
        ("rate_limit", 1001, "rate_limit"),
        ("rate_limit", 1.5, "rate_limit"),
        ("ordering", "fifo", "ordering"),
        ("signature_format", "base64", "signature_format"),
        ("filter", {"$or": [{"amount": {"$gt": []}}]}, "filter.$or.0.amount.$gt"),
        ("filter", {"amount": {}}, "filter.amount"),
        ("filter", {"amount": {"$near": 1}}, "filter.amount.$near"),
        ("filter", [], "filter"),
        ("status", "active", "status"),
        ("secrets", ["x"], "secrets"),
        ("url", "https://127.0.0.1.example", "url"),
    ],
)
async def test_a_bad_field_is_named(shop: Tenant, field: str, value: object, param: str) -> None:
    body = {"workspace_id": shop.workspace_id, "url": "http://127.0.0.1:9/", "events": ["order.*"], field: value}

    answer = await shop.api.post("/v1/webhooks", body)

    if field == "url":  # a name of letters and digits is a good one; it is here to show that it is not refused
        assert answer.status == 201
        return
    assert (answer.status, answer.error["code"]) == (400, "invalid_request")
    assert answer.error["param"].startswith(param)


@pytest.mark.parametrize("status", ["paused", "", None, 1])
async def test_a_status_is_active_or_disabled(shop: Tenant, receiver: Receiver, status: object) -> None:
    hook = await shop.webhook(receiver.url())

    answer = await shop.api.put(f"/v1/webhooks/{hook['id']}", {"status": status})

    assert (answer.status, answer.error["param"]) == (400, "status")


@pytest.mark.parametrize(
    ("entries", "type_", "matches"),
    [
        (["order.shipped"], "order.shipped", True),
        (["order.shipped"], "order.Shipped", False),
        (["order.shipped"], "order.shipped.late", False),
        (["order.*"], "order.shipped", True),
        (["order.*"], "order.item.added", True),
        (["order.*"], "order", False),
        (["order.*"], "orders.shipped", False),
        (["*"], "anything.at.all", True),
        (["nobody.sent.this", "order.shipped"], "order.shipped", True),
        (["harbor.*"], "order.shipped", False),
    ],
)
async def test_entries_match_types(
    shop: Tenant, receiver: Receiver, entries: list[str], type_: str, matches: bool
) -> None:
    await shop.webhook(receiver.url(), entries)

    event = await shop.event(type_)

    assert len(await shop.deliveries(event["id"])) == int(matches)


@pytest.mark.parametrize(
    ("filter_", "payload", "wanted"),
    [
        (
            {"amount": {"$gte": 100}, "customer": {"tier": "gold"}},
            {"amount": 100.0, "customer": {"tier": "gold"}},
            True,
        ),
        ({"amount": {"$gte": 100}}, {"amount": "100"}, False),
        ({"amount": {"$gte": 100}}, {}, False),
        ({"$not": {"status": "test"}}, {"status": "test"}, False),
        ({"$not": {"status": "test"}}, {}, True),
        ({"$or": [{"a": 1}, {"b": {"$exists": True}}]}, {"b": None}, True),
        ({"tags": {"$contains": "red"}}, {"tags": ["blue", "red"]}, True),
        ({"name": {"$prefix": "Zü", "$suffix": "h"}}, {"name": "Zürich"}, True),
        ({"n": {"$in": [1, 2]}}, {"n": True}, False),
        ({}, {"anything": 1}, True),
    ],
)
async def test_a_filter_narrows_by_payload(
    shop: Tenant, receiver: Receiver, filter_: dict[str, Any], payload: dict[str, Any], wanted: bool
) -> None:
    await shop.webhook(receiver.url(), filter=filter_)

    event = await shop.event(payload=payload)

    assert len(await shop.deliveries(event["id"])) == int(wanted)


async def test_matching_happens_once_when_the_event_is_created(each_shop: Tenant, receiver: Receiver) -> None:
    hook = await each_shop.webhook(receiver.url(), ["order.*"])
    event = await each_shop.event()
    await each_shop.settled(event["id"])

    (await each_shop.api.put(f"/v1/webhooks/{hook['id']}", {"events": ["invoice.*"]})).expect(200)
    later = await each_shop.event()
    await each_shop.webhook(receiver.url(), ["order.*"])

    assert len(await each_shop.deliveries(event["id"])) == 1
    assert await each_shop.deliveries(later["id"]) == []


async def test_endpoints_are_listed_by_status(shop: Tenant, receiver: Receiver) -> None:
    one, two = await shop.webhook(receiver.url()), await shop.webhook(receiver.url())
    (await shop.api.put(f"/v1/webhooks/{one['id']}", {"status": "disabled"})).expect(200)

    async def listed(status: str) -> list[str]:
        found = await shop.items(f"/v1/webhooks?workspace_id={shop.workspace_id}&status={status}")
        return [hook["id"] for hook in found]

    assert await listed("active") == [two["id"]]
    assert await listed("disabled") == [one["id"]]


@pytest.mark.parametrize("seconds", [-1, 604_801, "1", 1.5])
async def test_the_grace_of_a_rotation_has_bounds(shop: Tenant, receiver: Receiver, seconds: object) -> None:
    hook = await shop.webhook(receiver.url())

    answer = await shop.api.post(f"/v1/webhooks/{hook['id']}/rotate_secret", {"grace_period_seconds": seconds})

    assert (answer.status, answer.error["param"]) == (400, "grace_period_seconds")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({}, "since"),
        ({"since": "x"}, "since"),
        ({"since": "2026-01-01T00:00:00Z", "include": []}, "include"),
        ({"since": "2026-01-01T00:00:00Z", "include": ["delivered"]}, "include.0"),
        ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until"),
    ],
)
async def test_a_recovery_says_from_when(shop: Tenant, receiver: Receiver, change: dict[str, Any], param: str) -> None:
    hook = await shop.webhook(receiver.url())

    answer = await shop.api.post(f"/v1/webhooks/{hook['id']}/recover", change)

    assert (answer.status, answer.error.get("param")) == (400, param)
