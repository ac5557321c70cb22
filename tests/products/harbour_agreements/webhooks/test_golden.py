"""Webhooks, receipts, events and envelopes as each version shows them: golden files. Acceptance lines 12, 13 and 21.

A file that differs from what is answered means that a released version changed: make a new version instead.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.products.harbour_agreements.office import Office

GOLDEN = Path(__file__).parent.parent / "golden"
_IDS = (
    (re.compile(r"(VERIFICATION|WEBHOOK|EVENT)-[0-9]{13}_[0-9a-f]{32}"), r"\1-1779710400000_<hex>"),
    (re.compile(r"wb_[0-9a-f]{32}"), "wb_<hex>"),
    (re.compile(r"ORG-[0-9A-Za-z]{8}"), "ORG-AbCd1234"),
    (re.compile(r"whsec_[A-Za-z0-9+/=]+"), "whsec_<secret>"),
    (re.compile(r"http://127.0.0.1:[0-9]+"), "https://destination.url"),
    (re.compile(r'"(secret_last4)":"[^"]{4}"'), r'"\1":"last"'),
    (re.compile(r'"(duration_ms|webhook-timestamp|at)":"?[0-9]+"?'), r'"\1":0'),
    (re.compile(r'"(consent_id|id)":"[^"]+"'), r'"\1":"<id>"'),
    (re.compile(r"sandbox-[0-9a-f-]{36}"), "sandbox-<uuid>"),
)


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
async def test_what_a_webhook_is_told_and_shown_is_the_golden_file_of_the_version(
    one_engine: Office, version: str
) -> None:
    client = await one_engine.caller(version=version)
    target = {"destination_url": one_engine.receiver.url("/golden"), "notification_email": "notification@email.com"}
    receipt = (await client.request("POST", "/webhooks", target)).json()
    await one_engine.start(verification_metadata={"your_internal_user_id": 123})
    await one_engine.house.settle()
    found: dict[str, Any] = {"receipt": receipt, "envelope": one_engine.receiver.at("/golden")[0].json()}
    if version != "2.0":
        one = f"/webhook/{receipt['webhook_id']}"
        for name, address in (("list", "/webhooks"), ("webhook", one), ("events", f"{one}/events")):
            found[name] = (await client.request("GET", address)).json()
        event_id = found["events"]["items"][0]["event_id"]
        found["event"] = (await client.request("GET", f"{one}/events/{event_id}")).json()
        found["update"] = (await client.request("PUT", one, {"event_types": ["agreement.signed"]})).json()
        found["delete"] = (await client.request("DELETE", one, target)).json()

    path = GOLDEN / f"webhooks-{version}.json"
    assert _plain(found) == path.read_text(), path.name


def _plain(found: dict[str, Any]) -> str:
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    for pattern, stands_for in _IDS:
        text = pattern.sub(stands_for, text)
    return json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
