"""The picture of the README: how a webhook did over a day. HARBOR_WRITE_PICTURES=1 writes it anew."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from random import Random

import apsw
from playwright.async_api import expect
from tests.browser.console import SETTINGS, Console, OpenPage
from tests.browser.forms import PASSWORD, Forms, found
from tests.browser.looking import faults_of
from tests.end_to_end.server import Server

from harbor.kernel.ids import encode

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "console.png"
BYTES_MAX = 150_000
_ATTEMPTS_AN_HOUR = 60
_DAY_S = 86_400
_DELIVERY = """
INSERT INTO deliveries (account_id, workspace_id, id, subscription_id, event_id, number, view, event_type, position, state, trigger,
    attempt_count, budget_attempts, last_response_status, last_error, created_at, completed_at)
VALUES (:account_id, :workspace_id, :delivery_id, :webhook_id, :event_id, 0, 'harbor', 'order.shipped', 0, :state, 'automatic',
    1, 1, :status, :error, :at, :at)
"""
_ATTEMPT = """
INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url, response_status,
    response_truncated, error)
VALUES (:account_id, :delivery_id, 1, :attempt_id, :webhook_id, 'automatic', :at, :duration_ms, 'https://hooks.example.com',
    :status, 0, :error)
"""


async def test_a_page_with_life_in_it(open_page: OpenPage, another_server: Server, pictures: Path) -> None:
    console = Console(await open_page(another_server), another_server)
    await console.sign_in()
    forms = await Forms.of(console)
    who = {"organization": "Fulfilment", "name": "Ada Lovelace", "email": "ada@example.com"}
    await forms.post("/console/welcome", **who, password=PASSWORD, again=PASSWORD)
    forms = await Forms.of(console)
    fields = {"url": "https://hooks.example.com/harbor", "events": "order.shipped", "description": "Warehouse"}
    page = await forms.post(console.path("webhooks", "production"), **fields)
    webhook_id = found(r"/webhooks/(wh_[0-9a-z]+)", page)
    assert another_server.terminate() == 0
    _live_a_day(another_server, webhook_id)

    again = Server.start(another_server.installation, SETTINGS)
    try:
        console = Console(await open_page(again, color_scheme="light"), again)
        await console.sign_in("ada@example.com", PASSWORD)
        shown = await console.open(f"webhooks/{webhook_id}/stats", "production")
        await expect(shown.locator("svg[role=img]").first).to_be_visible()
        picture = await shown.screenshot()
        assert len(picture) <= BYTES_MAX
        if os.environ.get("HARBOR_WRITE_PICTURES") == "1":
            PICTURE.parent.mkdir(exist_ok=True)
            PICTURE.write_bytes(picture)
        assert await faults_of(shown, pictures, "life.stats") == []
        shown = await console.open("deliveries", "production")
        assert await faults_of(shown, pictures, "life.deliveries") == []
    finally:
        again.kill()


def _live_a_day(server: Server, webhook_id: str) -> None:
    """What a webhook went through: faster at night, and a bad hour."""
    chance, now_us = Random(7), time.time_ns() // 1_000
    connection = apsw.Connection(str(server.installation.data / "harbor.db"))
    workspace_id = server.installation.made["harbor"]["production"]["workspace_id"]
    account_id = connection.execute("SELECT account_id FROM workspaces WHERE id = ?", (workspace_id,)).fetchall()[0][0]
    with connection:
        for number in range(24 * _ATTEMPTS_AN_HOUR):
            part = number / (24 * _ATTEMPTS_AN_HOUR)
            at = now_us - int((1 - part) * _DAY_S * 1e6)
            is_bad = chance.random() < (0.3 if 0.61 < part < 0.66 else 0.004)
            row = {
                "account_id": account_id,
                "workspace_id": workspace_id,
                "webhook_id": webhook_id,
                "at": at,
                "state": "exhausted" if is_bad else "delivered",
                "status": 503 if is_bad else 200,
                "error": "http_status" if is_bad else None,
                "duration_ms": int(
                    chance.lognormvariate(3.6 + 0.5 * math.sin(part * 6.3) + (1.2 if is_bad else 0), 0.35)
                ),
                **{f"{noun}_id": f"{prefix}_{encode(at // 1_000 << 80 | number)}" for noun, prefix in _IDS.items()},
            }
            connection.execute(_DELIVERY, row)
            connection.execute(_ATTEMPT, row)
    connection.close()


_IDS = {"delivery": "del", "event": "evt", "attempt": "att"}
