"""Deliveries in the console: lists, attempts, sending again, canceling, many at once."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.console.session import sign_in
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.products.harbor_events.pages.desk import HOSTILE, Desk, harmless, open_desk, refusal_of, text_of

from harbor.kernel.clock import ManualClock, real_now
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import Delivery, Standing, State, Subscription
from harbor.kernel.webhooks.signing import diagnose

SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, clock, tmp_path) as desk:
        yield desk


async def a_delivery(
    desk: Desk, *, state: State = State.EXHAUSTED, type: str = "order.shipped", webhook: Subscription | None = None
) -> Delivery:
    endpoint = webhook
    if endpoint is None:
        endpoint = await desk.write(lambda call: make_webhook(call, events=["nothing"], secret=SECRET))
    found = endpoint
    return await desk.write(
        lambda call: make_delivery(call, event=make_event(call, type=type), webhook=found, state=state)
    )


async def state_of(desk: Desk, delivery: Delivery) -> State:
    found = await desk.read(lambda call: deliveries.find(call.tx, call.account_id, delivery.id))
    assert found is not None
    return found.state


async def test_an_empty_list_says_where_deliveries_come_from(desk: Desk) -> None:
    assert "No deliveries yet" in text_of(await desk.owner.get(f"{desk.place}/deliveries"))


async def test_the_list_is_filtered(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"]))
    shipped = await a_delivery(desk, webhook=webhook, state=State.DELIVERED)
    paid = await a_delivery(desk, type="invoice.paid")

    async def found(query: str) -> set[str]:
        page = await desk.owner.get(f"{desk.place}/deliveries?{query}")
        assert page.status == 200, text_of(page)
        return set(re.findall(r"del_[0-9a-z]{26}", page.body.decode()))

    assert await found("") == {shipped.id, paid.id}
    assert await found("status=failed") == {paid.id}
    assert await found("status=&event_type=order.shipped&webhook_id=") == {shipped.id}
    assert await found(f"webhook_id={webhook.id}") == {shipped.id}
    assert await found(f"event_id={paid.event_id}") == {paid.id}
    assert await found("created_after=2026-05-25T12:01") == set()
    assert await found("created_before=2026-05-25T12:01&response_status=") == {shipped.id, paid.id}
    assert await found("response_status=404") == set()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=odd", "status"),
        ("webhook_id=odd", "webhook_id"),
        ("event_id=odd", "event_id"),
        ("response_status=99", "response_status"),
        ("response_status=x", "response_status"),
        ("created_after=soon", "created_after"),
        ("starting_after=del_unknown0", "starting_after"),
    ],
)
async def test_a_filter_that_cannot_be_is_refused(desk: Desk, query: str, field: str) -> None:
    for page in ("deliveries", "deliveries/replays"):
        if field == "starting_after" and page != "deliveries":
            continue
        assert refusal_of(await desk.owner.get(f"{desk.place}/{page}?{query}"))[:2] == (422, field)


async def test_a_delivery_shows_its_attempts_and_what_was_sent(desk: Desk) -> None:
    delivery = await a_delivery(desk)

    page = await desk.owner.get(f"{desk.place}/deliveries/{delivery.id}")

    said = text_of(page)
    assert page.status == 200
    for text in ("Failed", "503", "busy", "content-type: text/plain", "12 ms", delivery.event_id, '"amount":1299'):
        assert text in said
    assert SECRET not in said


async def test_the_curl_command_is_the_request_with_a_good_signature(desk: Desk) -> None:
    delivery = await a_delivery(desk)

    page = (await desk.owner.get(f"{desk.place}/deliveries/{delivery.id}")).body.decode()

    found = re.search(r"<code>(curl .*?)</code>", page, re.S)
    assert found is not None
    words = shlex.split(html.unescape(found[1]))
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    body = words[words.index("--data-binary") + 1]
    assert words[:2] == ["curl", "https://hooks.example.com/harbor"]
    assert headers["Harbor-Delivery-Id"] == delivery.id
    assert all(finding.passed for finding in diagnose(headers, body, secret=SECRET, now=real_now().timestamp()))


async def test_a_failed_delivery_is_replayed(desk: Desk) -> None:
    delivery = await a_delivery(desk)
    at = f"{desk.place}/deliveries/{delivery.id}"

    page = await desk.owner.follow(await desk.member.post(f"{at}/replay"))

    assert "The delivery is sent again." in text_of(page)
    assert await state_of(desk, delivery) in (State.DUE, State.RETRYING)
    assert "harbor.delivery.replayed" in await desk.types()


async def test_an_outstanding_delivery_is_canceled_once(desk: Desk) -> None:
    delivery = await a_delivery(desk, state=State.RETRYING)
    at = f"{desk.place}/deliveries/{delivery.id}"

    assert "The delivery is canceled." in text_of(await desk.owner.follow(await desk.owner.post(f"{at}/cancel")))
    assert await state_of(desk, delivery) is State.CANCELED
    again = refusal_of(await desk.owner.post(f"{at}/cancel"))
    assert again[0] == 409
    assert "only an outstanding delivery can be canceled" in again[2]


async def test_a_delivery_of_a_disabled_webhook_is_not_replayed(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"], status=Standing.DISABLED))
    delivery = await a_delivery(desk, webhook=webhook)

    page = await desk.owner.get(f"{desk.place}/deliveries/{delivery.id}")
    refused = await desk.owner.post(f"{desk.place}/deliveries/{delivery.id}/replay")

    assert "The webhook is off." in text_of(page)
    assert refusal_of(refused)[0] == 409
    assert await state_of(desk, delivery) is State.EXHAUSTED


async def test_many_are_counted_before_they_are_sent_and_followed_while_they_are(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"]))
    failed = [await a_delivery(desk, webhook=webhook) for _ in range(3)]
    arrived = await a_delivery(desk, webhook=webhook, state=State.DELIVERED)
    at = f"{desk.place}/deliveries/replays"

    counted = await desk.owner.get(f"{at}?status=failed&webhook_id={webhook.id}")
    before = [await state_of(desk, one) for one in failed]
    started = await desk.owner.post(at, {"status": "failed", "webhook_id": webhook.id})
    waiting = await desk.owner.follow(started)
    await desk.work()
    done = await desk.owner.get(started.headers["location"])

    assert "Send 3 deliveries again" in text_of(counted)
    assert before == [State.EXHAUSTED] * 3
    assert 'data-progress="open"' in waiting.body.decode()
    assert "Queued to be sent again 3 in all" in text_of(done)
    assert State.EXHAUSTED not in [await state_of(desk, one) for one in failed]
    assert await state_of(desk, arrived) is State.DELIVERED


async def test_nothing_is_sent_again_by_a_form_without_its_token(desk: Desk) -> None:
    delivery = await a_delivery(desk)

    for action in (f"{delivery.id}/replay", f"{delivery.id}/cancel", "replays"):
        assert (await desk.owner.post(f"{desk.place}/deliveries/{action}", token="")).status == 403
    assert await state_of(desk, delivery) is State.EXHAUSTED


async def test_deliveries_and_replays_are_found_only_where_they_belong(desk: Desk) -> None:
    delivery = await a_delivery(desk)
    started = await desk.owner.post(f"{desk.place}/deliveries/replays", {"status": "failed"})
    job_id = started.headers["location"].partition("?")[0].rpartition("/")[2]
    other = await desk.write(make_workspace)
    live = (await desk.house.read(desk.organization.production, lambda call: call.default_workspace())).id
    foreigner = await sign_in(desk.house, await desk.house.organization("Globex"))

    for browser, place in (
        (desk.owner, f"/sandbox/harbor/{other.id}"),
        (desk.owner, f"/production/harbor/{live}"),
        (desk.owner, f"/production/harbor/{desk.workspace.id}"),
        (foreigner, desk.place),
    ):
        assert (await browser.get(f"{place}/deliveries/{delivery.id}")).status == 404
        assert (await browser.get(f"{place}/deliveries/replays/{job_id}")).status == 404
        assert (await browser.post(f"{place}/deliveries/{delivery.id}/replay")).status == 404
        assert (await browser.post(f"{place}/deliveries/{delivery.id}/cancel")).status == 404
    assert (await desk.owner.get(f"{desk.place}/deliveries/replays/job_unknown")).status == 404
    assert await state_of(desk, delivery) is State.EXHAUSTED


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_receivers_answer_is_shown_and_never_run(desk: Desk, text: str) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, events=["nothing"], description=text))
    delivery = await desk.write(
        lambda call: make_delivery(call, event=make_event(call, payload={"text": text}), webhook=webhook)
    )
    await desk.write(
        lambda call: call.tx.run(
            "UPDATE attempts SET response_body = :text, response_headers = :headers, error = :text WHERE account_id = :account_id",
            text=text,
            headers='{"x-odd": "<script>alert(1)</script>"}',
            account_id=call.account_id,
        )
    )

    for address in (f"deliveries/{delivery.id}", "deliveries", "deliveries/replays"):
        page = await desk.owner.get(f"{desk.place}/{address}")
        assert page.status == 200
        assert harmless(page)
    assert text in text_of(await desk.owner.get(f"{desk.place}/deliveries/{delivery.id}"))
