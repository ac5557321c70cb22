"""From a new endpoint to a delivery that was replayed: what a person does with webhooks, one click after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser.console import Console, reloaded_until
from tests.browser.looking import faults_of
from tests.receiver import Answer, Receiver


async def create_webhook(console: Console, url: str, *, events: str, name: str) -> str:
    """Make an endpoint by the form; its secret."""
    page = await console.open("webhooks/new")
    await page.get_by_label("Address").fill(url)
    await page.get_by_label("Description").fill(name)
    await page.get_by_label("More events").fill(events)
    await page.get_by_role("button", name="Create webhook").click()
    secret = await page.get_by_role("region", name="Signing secret, shown once").locator(".secret-text").inner_text()
    await page.get_by_role("link", name="To the webhook", exact=True).click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return secret


async def send_event(console: Console, type_: str, payload: str = '{"order_id": "ord_77"}') -> Page:
    """Send a test event by the form; its page."""
    page = await console.open("events/new")
    await page.get_by_label("Type").fill(type_)
    await page.get_by_label("Payload").fill(payload)
    await page.get_by_role("button", name="Send event").click()
    await expect(page.get_by_text("The event is recorded.")).to_be_visible()
    return page


async def delivery_of(page: Page, state: str) -> None:
    """From an event to its only delivery, once that is in a state."""
    link = page.get_by_role("region", name="Deliveries of this event").get_by_role("link", name=state)
    await reloaded_until(page, link)
    await link.click()
    await expect(page.get_by_role("heading", name="Attempts")).to_be_visible()


async def test_an_event_is_sent_refused_and_replayed(console: Console, receiver: Receiver, pictures: Path) -> None:
    receiver.answers.append(Answer(status=410, body=b"moved away"))
    await create_webhook(console, receiver.url("/gone"), events="gone.away", name="Gone away")
    page = await send_event(console, "gone.away")
    await delivery_of(page, "Failed")

    await expect(page.get_by_text("The webhook is off.")).to_be_visible()
    await expect(page.get_by_text("moved away")).to_be_visible()
    assert await faults_of(page, pictures, "way.delivery-failed") == []

    delivery = page.url
    await page.get_by_role("link", name="Gone away").click()
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_text("The webhook is active again.")).to_be_visible()
    await page.goto(delivery)
    await page.get_by_role("button", name="Replay").click()
    await expect(page.get_by_text("The delivery is sent again.")).to_be_visible()
    await receiver.until(lambda heard: len(heard.at("/gone")) == 2)
    await reloaded_until(page, page.locator("dl.kv").get_by_text("Delivered"))
    await expect(page.get_by_text("Attempt 2")).to_be_visible()


async def test_a_paused_webhook_is_sent_nothing_and_recovers_what_it_missed(
    console: Console, receiver: Receiver, pictures: Path
) -> None:
    await create_webhook(console, receiver.url("/paused"), events="paused.once", name="Paused once")
    page = console.page
    webhook = page.url
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("dialog").get_by_role("button", name="Pause").click()
    await expect(page.get_by_text("The webhook is paused.")).to_be_visible()
    await send_event(console, "paused.once")
    assert receiver.at("/paused") == []

    await page.goto(webhook)
    await page.get_by_role("button", name="Enable").click()
    await expect(page.get_by_text("The webhook is active again.")).to_be_visible()
    await page.get_by_role("link", name="Recover").click()
    await page.get_by_label("Since (UTC)").fill("2026-01-01T00:00")
    await page.get_by_role("button", name="Send again what was missed").click()

    await expect(page.get_by_text("What the webhook missed is sent again")).to_be_visible()
    await receiver.until(lambda heard: len(heard.at("/paused")) == 1)
    await expect(page.locator("[data-progress=ended]")).to_be_visible()
    assert await faults_of(page, pictures, "way.recovered") == []


async def test_many_are_replayed_after_a_look_at_how_many(console: Console, receiver: Receiver) -> None:
    await create_webhook(console, receiver.url("/many"), events="many.*", name="Many")
    for number in range(3):
        await send_event(console, f"many.no{number}")
    await receiver.until(lambda heard: len(heard.at("/many")) == 3)
    page = await console.open("deliveries")
    await page.get_by_label("Webhook").select_option(label="Many")
    await expect(page.get_by_role("region", name="Deliveries").locator("tbody tr")).to_have_count(3)
    await page.get_by_role("link", name="Replay these").click()

    found = page.locator(".stat", has_text="Deliveries found")
    await expect(found).to_contain_text("3")
    await page.get_by_label("Event type").fill("many.no1")
    await expect(found).to_contain_text("1")
    assert len(receiver.at("/many")) == 3
    await page.get_by_role("button", name="Send 1 delivery again").click()
    await page.get_by_role("dialog").get_by_role("button", name="Send 1 delivery again").click()

    await receiver.until(lambda heard: len(heard.at("/many")) == 4)
    assert receiver.at("/many")[3].json()["data"]["type"] == "many.no1"


async def test_a_rotated_secret_signs_beside_the_one_before_it(
    console: Console, receiver: Receiver, pictures: Path
) -> None:
    first = await create_webhook(console, receiver.url("/rotated"), events="rotated.once", name="Rotated")
    page = console.page
    await page.get_by_text("Rotate the secret").click()
    await page.get_by_role("button", name="Rotate secret").click()
    await page.get_by_role("dialog").get_by_role("button", name="Rotate secret").click()
    second = await page.locator(".secret-text").inner_text()
    await expect(page.get_by_text("Deliveries are signed with both until then.")).to_be_visible()
    assert await faults_of(page, pictures, "way.secret-rotated") == []
    await send_event(console, "rotated.once")
    await receiver.until(lambda heard: len(heard.at("/rotated")) == 1)

    assert first != second
    assert receiver.at("/rotated")[0].headers["harbor-signature"].count("v1=") == 2


async def test_a_test_ping_shows_what_the_server_answered(console: Console, receiver: Receiver, pictures: Path) -> None:
    await create_webhook(console, receiver.url("/pinged"), events="pinged.never", name="Pinged")
    page = console.page
    await page.get_by_label("Event type").fill("order.shipped")
    await page.get_by_role("button", name="Send a test").click()

    await expect(page.get_by_text("Your server took the test: 200")).to_be_visible()
    assert receiver.at("/pinged")[0].json()["data"]["type"] == "order.shipped"
    assert await faults_of(page, pictures, "way.ping") == []


@pytest.mark.parametrize(
    ("is_changed", "verdict", "kind"),
    [
        pytest.param(False, "right", "ok", id="as-it-came"),
        pytest.param(True, "body", "bad", id="written-anew"),
    ],
)
async def test_the_debugger_says_which_check_fails(
    console: Console, receiver: Receiver, pictures: Path, is_changed: bool, verdict: str, kind: str
) -> None:
    path = f"/debugged-{kind}"
    await create_webhook(console, receiver.url(path), events=f"debugged.{kind}", name=f"Debugged {kind}")
    await send_event(console, f"debugged.{kind}")
    await receiver.until(lambda heard: len(heard.at(path)) == 1)
    got = receiver.at(path)[0]
    body = got.body.decode()
    page = await console.open("debugger")
    await page.get_by_label("Headers").fill("\n".join(f"{name}: {value}" for name, value in got.headers.items()))
    await page.get_by_label("Raw body").fill(body.replace(":", ": ") if is_changed else body)
    await page.get_by_label("Webhook").select_option(label=f"Debugged {kind}")
    await page.get_by_role("button", name="Find out").click()

    found = page.get_by_role("region", name="What was found")
    await expect(found).to_be_focused()
    await expect(found.locator(f".note.{kind}")).to_contain_text(verdict)
    assert await faults_of(page, pictures, f"way.debugged-{kind}") == []
