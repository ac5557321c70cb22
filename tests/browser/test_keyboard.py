"""Everything by keyboard: from the sign-in to an event that was sent and replayed, and where the focus is can be seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import Page, expect
from tests.browser.console import Console, reloaded_until
from tests.browser.forms import Forms
from tests.end_to_end.server import Server
from tests.receiver import Receiver

_STOPS_MAX = 80
_WHERE = """() => {
    const stop = document.activeElement;
    if (!stop || stop === document.body) return null;
    const look = getComputedStyle(stop), box = stop.getBoundingClientRect();
    const label = stop.labels?.[0]?.innerText ?? stop.getAttribute("aria-label") ?? stop.innerText ?? "";
    return {
        tag: stop.localName,
        text: label.replace(/\\s+/g, " ").trim(),
        isSeen: look.outlineStyle !== "none" || look.boxShadow !== "none",
        isShown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    };
}"""


@dataclass
class Keyboard:
    """Somebody without a mouse. Each stop of the way must be seen."""

    page: Page
    unseen: list[str] = field(default_factory=list)

    async def go(self, key: str) -> None:
        """A key that leads to another page."""
        await self.page.keyboard.press(key)

    async def press(self, key: str) -> dict[str, object]:
        """One key; what has the focus then."""
        await self.page.keyboard.press(key)
        found: dict[str, object] | None = await self.page.evaluate(_WHERE)
        if found and not (found["isSeen"] and found["isShown"]):
            self.unseen.append(f"{self.page.url}: {found['tag']} {found['text']}")
        return found or {"tag": "", "text": ""}

    async def tab_to(self, text: str, tag: str | None = None, *, key: str = "Tab") -> None:
        """Go on until the focus is on what is called so."""
        passed = []
        for _ in range(_STOPS_MAX):
            found = await self.press(key)
            if found["text"] == text and tag in (None, found["tag"]):
                return
            passed.append(f"{found['tag']} {found['text']}")
        raise AssertionError(f"{text!r} is not reached by {key}: {passed}")

    async def type_into(self, label: str, text: str) -> None:
        """Fill the next field of that name."""
        await self.tab_to(label)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(text)


async def test_an_event_is_sent_and_replayed_without_a_mouse(page: Page, server: Server, receiver: Receiver) -> None:
    console, keyboard = Console(page, server), Keyboard(page)
    await page.goto("/console/sign-in")
    await expect(page.get_by_label("E-mail")).to_be_focused()
    await page.keyboard.insert_text(console.made["console"]["email"])
    await keyboard.type_into("Password", console.made["console"]["password"])
    await keyboard.go("Enter")
    await page.wait_for_url("**/console/sandbox/**")
    forms = await Forms.of(console)
    await forms.post(console.path("webhooks"), url=receiver.url("/keyboard"), events="key.pressed", description="Keys")

    await keyboard.tab_to("Skip to the page")
    await keyboard.go("Enter")
    await keyboard.tab_to("Send a test event", "a")
    await keyboard.go("Enter")
    await expect(page.get_by_label("Type")).to_be_focused()
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text("key.pressed")
    await keyboard.type_into("Payload", '{"key": "Enter"')
    await keyboard.tab_to("Send event", "button")
    await keyboard.go("Space")
    await expect(page.get_by_label("Payload")).to_be_focused()
    await expect(page.get_by_label("Payload")).to_have_attribute("aria-invalid", "true")
    await page.keyboard.press("Control+End")
    await page.keyboard.insert_text("}")
    await keyboard.tab_to("Send event", "button")
    await keyboard.go("Enter")
    await expect(page.get_by_text("The event is recorded.")).to_be_visible()

    await receiver.until(lambda heard: bool(heard.at("/keyboard")))
    await reloaded_until(page, page.get_by_role("link", name="Delivered"))
    await keyboard.tab_to("Delivered", "a")
    await keyboard.go("Enter")
    await expect(page.get_by_role("heading", name="Attempts")).to_be_visible()
    await keyboard.tab_to("Replay", "button")
    await keyboard.go("Space")
    await expect(page.get_by_text("The delivery is sent again.")).to_be_visible()
    await receiver.until(lambda heard: len(heard.at("/keyboard")) == 2)
    assert keyboard.unseen == []


async def test_menus_and_questions_are_used_by_keyboard(console: Console) -> None:
    page, keyboard = await console.open("events"), Keyboard(console.page)
    await keyboard.tab_to("Workspace: Default sandbox", "summary")
    workspaces = page.locator(".workspaces .sheet")
    await keyboard.press("Enter")
    await expect(workspaces).to_be_visible()
    await keyboard.press("ArrowDown")
    await expect(workspaces.get_by_role("link").first).to_be_focused()
    await keyboard.press("Escape")
    await expect(workspaces).to_be_hidden()

    await keyboard.tab_to("Administrator Account and look", "summary")
    await keyboard.press("Space")
    await keyboard.tab_to("System", "input")
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="Dark")).to_be_checked()
    assert await page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    await keyboard.press("Escape")
    await expect(page.get_by_role("radio", name="Dark")).to_be_hidden()
    assert keyboard.unseen == []


async def test_a_question_is_answered_by_keyboard_and_no_is_nearest(console: Console) -> None:
    page, keyboard = await console.open("settings"), Keyboard(console.page)
    await keyboard.tab_to("Suspend", "button")
    await keyboard.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_focused()
    await keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("button", name="Suspend")).to_be_focused()
    await expect(page.locator("dl.kv")).to_contain_text("Active")
    assert keyboard.unseen == []


async def test_every_stop_of_a_page_can_be_seen(console: Console) -> None:
    keyboard = Keyboard(console.page)
    for place in ("events", "webhooks/new", "settings/keys/new", "debugger", "settings", "logs", "deliveries"):
        await console.open(place)
        stops = 0
        while (await keyboard.press("Tab"))["tag"]:
            stops += 1
            assert stops < _STOPS_MAX, place
    assert keyboard.unseen == []
