"""Webhooks: receipts, both ids, defaults, refusals. Acceptance lines 3, 12, 13, 15."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.products.harbour_agreements.office import Office

KEYS = [
    "webhook_id",
    "created_at",
    "updated_at",
    "destination_url",
    "event_types",
    "notification_emails",
    "created_by",
    "updated_by",
    "service_status",
    "organization_id",
    "event_datetime",
    "api_version",
    "secret_last4",
]


async def test_a_webhook_needs_an_address_and_nothing_more(office: Office) -> None:
    made = await office.webhook()

    assert list(made) == ["webhook_id", "event_datetime", "event_timestamp", "legacy_webhook_id", "signing_secret"]
    assert re.fullmatch(r"wb_[0-9a-f]{32}", made["webhook_id"])
    assert made["legacy_webhook_id"] == f"WEBHOOK-1779710400000_{made['webhook_id'][3:]}"
    assert made["event_datetime"] == "2026-05-25T12:00:00.000000"
    assert made["event_timestamp"] == 1779710400000
    found = await office.get(f"/webhooks/{made['webhook_id']}")
    assert list(found) == KEYS
    assert found == {
        "webhook_id": made["webhook_id"],
        "created_at": 1779710400000,
        "updated_at": 1779710400000,
        "destination_url": office.receiver.url(),
        "event_types": ["verification"],
        "notification_emails": None,
        "created_by": None,
        "updated_by": None,
        "service_status": True,
        "organization_id": found["organization_id"],
        "event_datetime": "2026-05-25T12:00:00.000000",
        "api_version": "2.2",
        "secret_last4": made["signing_secret"][-4:],
    }
    listed = await office.get("/webhooks")
    assert (listed["items"], listed["total"]) == ([found], 1)


async def test_both_ids_and_both_spellings_are_the_same_webhook(office: Office) -> None:
    made = await office.webhook()

    bodies = {
        (await office.ask("GET", f"/{word}/{id_}{rest}")).body
        for word in ("webhook", "webhooks")
        for id_ in (made["webhook_id"], made["legacy_webhook_id"])
        for rest in ("",)
    }

    assert len(bodies) == 1
    for id_ in ("wb_" + "0" * 32, "WEBHOOK-AbCd134", "wb_1", "x"):
        reply = await office.ask("GET", f"/webhooks/{id_}")
        assert (reply.status, reply.json()["error"]) == (404, 4001), id_


async def test_a_receipt_of_2_0_has_the_long_id(one_engine: Office) -> None:
    old = await one_engine.caller(version="2.0")

    made = (await old.request("POST", "/webhooks", {"destination_url": one_engine.receiver.url()})).json()

    assert made["webhook_id"] == made["legacy_webhook_id"]
    found = await one_engine.get(f"/webhooks/{made['webhook_id']}")
    assert found["api_version"] == "2.0"
    assert (await old.request("GET", "/webhooks")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"notification_email": "ops@example.com"},
        {"notification_emails": ["ops@example.com"]},
        {"notification_email": "ops@example.com", "notification_emails": ["ops@example.com"]},
    ],
)
async def test_the_two_words_for_mail_addresses_mean_the_same(one_engine: Office, body: dict[str, Any]) -> None:
    made = await one_engine.webhook(**body)

    assert (await one_engine.get(f"/webhooks/{made['webhook_id']}"))["notification_emails"] == ["ops@example.com"]


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"notification_email": "a@b.example", "notification_emails": ["c@d.example"]}, "notification_email", "custom"),
        ({"notification_emails": ["a@b.example", "no"]}, "notification_emails.1", "email"),
        ({"notification_emails": [f"a{n}@b.example" for n in range(11)]}, "notification_emails", "too_many"),
        ({"event_types": ["verification", "agreement.opened"]}, "event_types.1", "enum"),
        ({"event_types": []}, "event_types", "too_short"),
        ({"event_types": "verification"}, "event_types", "type"),
        ({"api_version": "3"}, "api_version", "enum"),
        ({"destination_url": "ftp://example.com"}, "destination_url", "invalid_url"),
        ({"destination_url": "https://u:p@example.com"}, "destination_url", "invalid_url"),
        ({"destination_url": "https://example.com/#f"}, "destination_url", "invalid_url"),
        ({"destination_url": "https://example.com:22/"}, "destination_url", "invalid_url"),
        ({"destination_url": "https://10.0.0.1/"}, "destination_url", "unsafe_url"),
        ({"destination_url": "https://169.254.169.254/latest"}, "destination_url", "unsafe_url"),
        ({"destination_url": None}, "destination_url", "type"),
    ],
)
async def test_what_cannot_be_a_webhook_is_refused(
    one_engine: Office, body: dict[str, Any], path: str, code: str
) -> None:
    reply = await one_engine.ask("POST", "/webhooks", {"destination_url": one_engine.receiver.url(), **body})

    assert reply.status == 422, reply.body
    assert [(item["path"], item["code"]) for item in reply.json()["errors"]] == [(path, code)]
    assert (await one_engine.get("/webhooks"))["total"] == 0


async def test_an_absent_field_stays_and_null_empties(office: Office) -> None:
    made = await office.webhook(notification_emails=["a@b.example"], event_types=["agreement.viewed", "verification"])
    path = f"/webhooks/{made['webhook_id']}"
    office.clock.advance(5)

    receipt = (await office.ask("PUT", path, {"service_status": False})).json()

    assert list(receipt) == ["webhook_id", "event_datetime", "event_timestamp", "legacy_webhook_id"]
    found = await office.get(path)
    assert found["service_status"] is False
    assert found["event_types"] == ["agreement.viewed", "verification"]
    assert found["notification_emails"] == ["a@b.example"]
    assert found["updated_at"] == found["created_at"] + 5_000
    await office.ask("PUT", path, {"notification_emails": None, "event_types": ["verification", "verification"]})
    found = await office.get(path)
    assert (found["notification_emails"], found["event_types"]) == (None, ["verification"])


async def test_the_same_address_for_the_same_types_is_a_conflict(one_engine: Office) -> None:
    await one_engine.webhook(event_types=["verification", "agreement.signed"])
    other = await one_engine.webhook()

    twin = {"destination_url": one_engine.receiver.url(), "event_types": ["agreement.signed", "verification"]}
    created = await one_engine.ask("POST", "/webhooks", twin)
    changed = await one_engine.ask("PUT", f"/webhooks/{other['webhook_id']}", twin)

    assert [created.json()["error"], changed.json()["error"]] == [4003, 4003]


async def test_twenty_webhooks_are_the_most(one_engine: Office) -> None:
    for number in range(20):
        await one_engine.webhook(f"/{number}")

    reply = await one_engine.ask("POST", "/webhooks", {"destination_url": one_engine.receiver.url("/20")})

    assert (reply.status, reply.json()["error"]) == (409, 4003)
    page = await one_engine.get("/webhooks?size=7&page=3&order_by=destination_url&search=HOOK")
    assert page["total"] == 0
    page = await one_engine.get("/webhooks?size=7&page=3&order_by=webhook_id%20desc")
    assert (len(page["items"]), page["pages"]) == (6, 3)
    assert page["items"][-1]["destination_url"] == one_engine.receiver.url("/0")


async def test_a_deleted_webhook_is_gone_with_its_events(office: Office) -> None:
    made = await office.webhook()
    path = f"/webhooks/{made['webhook_id']}"
    await office.start()

    receipt = await office.ask("DELETE", path, {"destination_url": "ignored"})

    assert (receipt.status, receipt.json()["webhook_id"]) == (200, made["webhook_id"])
    for target in (path, f"{path}/events"):
        assert (await office.ask("GET", target)).status == 404
    await office.house.settle()
    assert office.receiver.got == []
