"""The signature debugger in the console: what it says, and what becomes of what was pasted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.console.session import sign_in
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.products.harbor_events.pages.desk import HOSTILE, Desk, harmless, open_desk, refusal_of, text_of
from tests.products.harbor_events.pages.test_rules import BODY, BOTH, OTHER, SECRET

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.model import Subscription
from harbor.products.harbor_events.deliveries import service as deliveries
from harbor.products.harbor_events.pages.delivery_curl import signed_now
from harbor.products.harbor_events.webhooks import service as webhooks

HEADERS = "\n".join(f"{name}: {value}" for name, value in BOTH.items())
FORM = {"headers": HEADERS, "body": BODY, "secret": SECRET, "received_at": "2026-05-25T12:00:05"}


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, clock, tmp_path) as desk:
        yield desk


async def said(desk: Desk, **changed: str) -> str:
    page = await desk.owner.post(f"{desk.place}/debugger", {**FORM, **changed})
    assert page.status == 200, text_of(page)
    return text_of(page)


async def test_the_page_asks_for_what_was_received(desk: Desk) -> None:
    assert "Raw body" in text_of(await desk.owner.get(f"{desk.place}/debugger"))


async def test_the_published_vector_is_right(desk: Desk) -> None:
    assert "The signature is right, made with the pasted secret." in await said(desk)


async def test_the_first_thing_that_is_wrong_is_told(desk: Desk) -> None:
    assert "beyond the 5 minutes" in await said(desk, received_at="2026-05-25T13:00:00")
    assert "beyond the 5 minutes" in await said(desk, received_at="")
    assert "blanks were put into its JSON" in await said(
        desk, body=json.dumps(json.loads(BODY), indent=2, ensure_ascii=False)
    )
    assert "Neither this body nor any usual rewriting" in await said(desk, secret=OTHER)
    assert "Harbor-Timestamp is missing" in await said(desk, headers=HEADERS.split("\n")[0])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"headers": ""}, "headers"),
        ({"headers": "no headers"}, "headers"),
        ({"secret": ""}, "secret"),
        ({"received_at": "soon"}, "received_at"),
        ({"body": "x" * 300_001}, "body"),
    ],
)
async def test_what_cannot_be_looked_at_is_refused(desk: Desk, changed: dict[str, str], field: str) -> None:
    told = refusal_of(await desk.owner.post(f"{desk.place}/debugger", {**FORM, **changed}))

    assert told[:2] == (422, field)


async def delivered(desk: Desk, webhook: Subscription) -> dict[str, str]:
    """The form of a delivery as a receiver of the endpoint gets it now."""
    made = await desk.write(lambda call: make_delivery(call, event=make_event(call), webhook=webhook))
    body = await desk.read(lambda call: deliveries.request_body(call, made))
    assert body is not None
    command = await desk.read(lambda call: signed_now(call, made, webhook, body))
    return {"headers": command, "body": body, "webhook_id": webhook.id}


async def test_an_endpoint_stands_for_its_secrets(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"], secret=SECRET))
    form = await delivered(desk, webhook)

    async def verdict(**changed: str) -> str:
        return text_of(await desk.owner.post(f"{desk.place}/debugger", {**form, **changed}))

    assert "made with the endpoint's current secret" in await verdict()
    assert "The pasted one is another." in await verdict(secret=OTHER)
    assert "bytes were sent" in await verdict(body=form["body"].replace("1299", "1300"))


async def test_a_delivery_leads_here_with_its_endpoint_and_id(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"]))
    made = await desk.write(lambda call: make_delivery(call, event=make_event(call), webhook=webhook))

    page = (await desk.owner.get(f"{desk.place}/debugger?webhook_id={webhook.id}&delivery_id={made.id}")).body.decode()

    assert f"Harbor-Delivery-Id: {made.id}" in page
    assert f'value="{webhook.id}" selected' in page
    assert "del_" not in text_of(await desk.owner.get(f"{desk.place}/debugger?delivery_id=del_unknown000"))


async def test_a_secret_that_was_rotated_away_is_recognised(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"], secret=SECRET))
    form = await delivered(desk, webhook)
    await desk.write(lambda call: webhooks.rotate_secret(call, webhook, grace_s=60, secret=OTHER))

    within = text_of(await desk.owner.post(f"{desk.place}/debugger", form))
    desk.house.clock.advance(61)
    after = text_of(await desk.owner.post(f"{desk.place}/debugger", form))
    pasted = text_of(await desk.owner.post(f"{desk.place}/debugger", {**form, "secret": SECRET}))

    assert "The signature is right" in within
    assert "which the endpoint no longer uses" in after
    assert "which the endpoint no longer uses" in pasted


async def test_the_secret_comes_back_in_no_page_and_stands_in_no_log(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, secret=SECRET))

    for form in (FORM, {**FORM, "secret": OTHER}, {**FORM, "webhook_id": webhook.id}, {**FORM, "received_at": "x"}):
        page = await desk.owner.post(f"{desk.place}/debugger", form)
        assert SECRET.encode() not in page.body
        assert OTHER.encode() not in page.body
        assert "location" not in page.headers
    await desk.house.write_behind.flush()
    rows = await desk.read(lambda call: call.tx.rows("SELECT * FROM request_logs"))
    assert rows == []


async def test_endpoints_of_elsewhere_cannot_be_asked_about(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, secret=SECRET))
    other = await desk.write(make_workspace)
    foreigner = await sign_in(desk.house, await desk.house.organization("Globex"))
    form = {**FORM, "secret": "", "webhook_id": webhook.id}

    assert (await desk.owner.post(f"{desk.place}/debugger", form)).status == 200
    assert (await desk.owner.post(f"/sandbox/harbor/{other.id}/debugger", form)).status == 404
    assert (await desk.owner.post(f"/production/harbor/{desk.workspace.id}/debugger", form)).status == 404
    assert (await foreigner.post(f"{desk.place}/debugger", form)).status == 404


async def test_a_form_without_its_token_is_not_looked_at(desk: Desk) -> None:
    assert (await desk.owner.post(f"{desk.place}/debugger", FORM, token="")).status == 403


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_was_pasted_is_shown_and_never_run(desk: Desk, text: str) -> None:
    page = await desk.owner.post(
        f"{desk.place}/debugger", {**FORM, "headers": f"{HEADERS}\nX-Odd: {text}", "body": text, "secret": text}
    )
    asked = await desk.owner.get(f"{desk.place}/debugger?webhook_id=%3Cscript%3Ealert(1)%3C/script%3E")

    assert page.status == 200
    assert harmless(page)
    assert harmless(asked)
