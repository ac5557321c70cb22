"""API keys: the secret is seen once and can be copied."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect
from tests.browser.console import Console
from tests.browser.looking import faults_of


async def test_the_secret_of_a_new_key_is_shown_once_and_can_be_copied(console: Console, pictures: Path) -> None:
    await console.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await console.open("settings/keys/new")
    await page.get_by_label("Name").fill("Till at the door")
    await page.get_by_label("Only what is chosen below").check()
    await page.get_by_label("events:read").check()
    await page.get_by_role("button", name="Create key").click()
    secret = await page.locator(".secret-text").inner_text()
    assert secret.startswith("hb_test_")
    assert await faults_of(page, pictures, "way.key-created") == []

    await page.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == secret
    events = f"/v1/events?workspace_id={console.made['harbor']['sandbox']['workspace_id']}"
    key = {"Authorization": f"Bearer {secret}"}
    assert (await page.request.get(events, headers=key)).status == 200
    assert (await page.request.get(events.replace("events", "webhooks"), headers=key)).status == 403

    await page.reload()
    assert secret not in await page.content()
    await console.open("settings/keys")
    await page.get_by_role("link", name="Till at the door").click()
    await expect(page.get_by_role("heading", name="Till at the door")).to_be_visible()
    assert secret not in await page.content()


async def test_a_revoked_key_is_refused_at_once(console: Console) -> None:
    page = await console.open("settings/keys/new")
    await page.get_by_label("Name").fill("Lost on the way")
    await page.get_by_label("Everything", exact=False).first.check()
    await page.get_by_role("button", name="Create key").click()
    events = f"/v1/events?workspace_id={console.made['harbor']['sandbox']['workspace_id']}"
    key = {"Authorization": f"Bearer {await page.locator('.secret-text').inner_text()}"}
    assert (await page.request.get(events, headers=key)).status == 200
    await page.get_by_role("link", name="To the key").click()
    await page.get_by_label("Yes, revoke Lost on the way").check()
    await page.get_by_role("button", name="Revoke key").click()

    await expect(page.get_by_text("The key is revoked.")).to_be_visible()
    assert (await page.request.get(events, headers=key)).status == 401
