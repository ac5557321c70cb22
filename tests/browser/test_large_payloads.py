"""Large payloads stay usable: shown within two seconds, folded, searched and copied."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect
from tests.browser.console import Console
from tests.browser.forms import Forms, found

READY_MS_MAX = 2_000
WIDE = json.dumps({f"member_{number:05}": number for number in range(10_000)}, separators=(",", ":"))
LONG = json.dumps({"needle": "found", "text": "word " * 51_000}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("payload", "wanted"),
    [
        pytest.param(WIDE, "member_09999", id="10000-members"),
        pytest.param(LONG, "needle", id="256-kilobytes"),
    ],
)
async def test_a_large_payload_can_be_read_and_searched(console: Console, payload: str, wanted: str) -> None:
    assert 150_000 < len(payload) < 256 * 1024
    page, forms = console.page, await Forms.of(console)
    shown = await forms.post(console.path("events"), type="large.payload", payload=payload)
    await console.open(f"events/{found(r'/events/(evt_[0-9a-z]+)', shown)}")
    await page.get_by_role("link", name="Show all of it").click()
    view = page.get_by_role("group", name="Payload")
    await expect(view.get_by_label("Find")).to_be_visible()
    # What the browser itself counts: from the click to a page that can be used.
    ready_ms = await page.evaluate(
        "() => Math.max(...performance.getEntriesByType('navigation').map((one) => one.loadEventEnd))"
    )
    assert ready_ms < READY_MS_MAX

    searched_ms = await view.get_by_label("Find").evaluate(_SEARCH, wanted)
    await expect(view.locator(".hit")).to_contain_text(wanted)
    assert searched_ms < READY_MS_MAX
    await view.locator("summary").first.click()
    await expect(view.locator(".hit")).to_be_hidden()


_SEARCH = """(field, text) => {
    const began = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return performance.now() - began;
}"""
