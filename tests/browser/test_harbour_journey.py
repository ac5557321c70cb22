"""From a key to a check and the webhook that tells of it: what an administrator does with Harbour."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect
from tests.browser.console import Console
from tests.browser.looking import faults_of
from tests.receiver import Receiver

HOME = "/console/production/harbour"
CONSENT = {
    "text_version": "2026-01",
    "accepted_at": "2026-05-25T11:58:00Z",
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
}
ADA = {"first_name": "Ada", "last_name": "Okafor", "email": "ada@example.com"}


async def test_a_check_is_started_seen_and_told(console: Console, receiver: Receiver, pictures: Path) -> None:
    page, request = console.page, console.page.context.request
    seen: list[str] = []

    async def look(name: str) -> None:
        seen.extend(await faults_of(page, pictures, f"harbour.{name}"))

    await page.goto(f"{HOME}/verifications")
    await look("no-verifications")
    await page.goto(f"{HOME}/settings")
    await page.get_by_label("Time zone").fill("Europe/Vienna")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The choices of the organization are saved.")).to_be_visible()
    await look("settings")

    await page.goto(f"{HOME}/webhooks/new")
    await page.get_by_label("Destination").fill(receiver.url("/harbour"))
    await look("webhook-form")
    await page.get_by_role("button", name="Create webhook").click()
    await expect(page.locator(".secret-text")).to_be_visible()
    await look("webhook-secret")

    await page.goto(f"{HOME}/settings/integrations/new")
    await page.get_by_label("Name").fill("Onboarding")
    await page.get_by_label("Start, submit, cancel and decide them").check()
    await look("key-form")
    await page.get_by_role("button", name="Create key").click()
    key = await page.locator(".secret-text").inner_text()
    await page.goto(f"{HOME}/settings/integrations")
    await look("keys")
    await page.get_by_role("link", name="Onboarding").click()
    await page.wait_for_url("**/settings/integrations/key_*")
    await look("key")

    reply = await request.post(
        "/harbour/verifications",
        headers={"x-api-key": key.strip()},
        data={
            "verification_type": "enhanced_identity_verification",
            "applicant": ADA,
            "consent": CONSENT,
            "verification_metadata": {"order": "77"},
        },
    )
    assert reply.ok, await reply.text()
    await receiver.until(lambda heard: bool(heard.at("/harbour")))

    await page.goto(f"{HOME}/verifications")
    await look("verifications")
    await page.locator("main a[href*='/verifications/VERIFICATION-']").first.click()
    await page.wait_for_url("**/verifications/VERIFICATION-*")
    await look("verification")
    await page.goto(f"{HOME}/reviews")
    await look("reviews")
    await page.goto(f"{HOME}/webhooks")
    await look("webhooks")
    await page.locator("main a[href*='/webhooks/wb_']").first.click()
    await page.wait_for_url("**/webhooks/wb_*")
    await look("webhook")
    await page.locator("main a[href*='/events/EVENT-']").first.click()
    await page.wait_for_url("**/events/EVENT-*")
    await look("event")

    assert seen == []
