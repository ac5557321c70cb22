"""Texts that would be scripts: typed into every field, sent as payloads, and shown again. Nothing of it runs."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from playwright.async_api import Dialog, Locator, Page, expect
from tests.browser.console import Console, OpenPage
from tests.browser.forms import Forms
from tests.browser.pages import PAGES, Objects
from tests.end_to_end.server import Server

from harbor.kernel.http.routes import Route

CORPUS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'",
    "</textarea></title></pre></template><svg onload=alert(4)>",
    "javascript:alert(5)",
    "{{ 7 * 7 }}${alert(6)}<%= 7 %>",
    "<iframe srcdoc='<script>parent.alert(7)</script>'></iframe>",
    "\u202e\u2066 <b>x</b>\u2028&lt;script&gt;",
)
HOSTILE = " ".join(CORPUS)
# What a form could not do without, so that it is sent: all other fields of it get the corpus.
_KINDS = {
    "email": "x@example.com",
    "url": "http://127.0.0.1:9/hook",
    "number": "1",
    "datetime-local": "2026-05-25T12:00",
}
# Forms that end what the other cases need, or are about the browser's own session.
_LEFT_ALONE = ("sign-out", "revoke-all", "revoke-others", "welcome", "deactivate", "password", "/account")


def section_of(route: Route) -> str:
    """The first word of a route's name."""
    return route.name.partition(".")[0]


def refuse_dialogs(page: Page) -> list[str]:
    """What scripts said in dialogs, and what left this server."""
    seen: list[str] = []

    async def dismiss(dialog: Dialog) -> None:
        seen.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", dismiss)
    return seen


@pytest.mark.parametrize("section", sorted({section_of(route) for route in PAGES}))
async def test_every_field_of_every_form_takes_scripts_as_text(
    section: str, console: Console, objects: Objects
) -> None:
    page, seen = console.page, refuse_dialogs(console.page)
    for path in [objects.path_of(route) for route in PAGES if section_of(route) == section]:
        shown = await page.request.get(path)
        for number in range((await shown.text()).partition("<main")[2].count("<form")):
            await page.goto(path)
            form = page.locator("main form").nth(number)
            if (await form.get_attribute("action") or "").endswith(_LEFT_ALONE):
                continue
            if await form.evaluate(_FILL, [HOSTILE, _KINDS]):
                await _send(page, form)
    assert seen == []


async def _send(page: Page, form: Locator) -> None:
    if await form.get_attribute("data-filter") is not None:
        async with page.expect_response(lambda answer: answer.request.resource_type == "fetch"):
            await form.evaluate("(form) => form.requestSubmit()")
        return
    await form.evaluate("(form) => form.requestSubmit()")
    # Its button is busy until it was refused or has led to another page.
    await expect(page.locator("main form [aria-busy=true]")).to_have_count(0)


# True for a form with a field to type in, and without a question before it.
_FILL = """(form, [text, kinds]) => {
    const fields = form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea");
    if (!fields.length || form.dataset.confirm) return false;
    form.noValidate = true;
    for (const field of fields) {
        field.removeAttribute("maxlength");
        field.value = kinds[field.type] ?? text;
    }
    return true;
}"""


async def test_what_is_kept_is_shown_as_it_was_written(open_page: OpenPage, another_server: Server) -> None:
    console = Console(await open_page(another_server), another_server)
    await console.sign_in()
    seen, forms = refuse_dialogs(console.page), await Forms.of(console)
    payload = json.dumps({text: [text, {"deep": text}] for text in CORPUS})
    await forms.post(console.path("events"), type="hostile.text", payload=payload)
    await forms.post(console.path("event-types"), name="hostile.text", description=HOSTILE, example=payload)
    await forms.post(console.path("settings"), name=HOSTILE[:120])
    await forms.post(console.path("settings/keys"), name=HOSTILE[:120], access="all")
    await forms.post(
        console.path("webhooks"),
        url=f"https://example.com/{quote(HOSTILE)}",
        events="hostile.text",
        description=HOSTILE[:250],
    )
    await forms.post("/console/people/invite", email="mallory@example.com", name=HOSTILE[:120], role="member")

    page = console.page
    for place in (
        "events",
        "webhooks",
        "deliveries",
        "event-types",
        "settings",
        "settings/keys",
        "debugger",
        "events/new",
    ):
        await console.open(place)
        await expect(page.locator("main")).to_be_visible()
    for place in ("/console/people", "/console/sandbox/harbor/audit", "/console/sandbox/harbor/workspaces"):
        await page.goto(place)
        await expect(page.locator("main")).to_be_visible()
    await console.open("events")
    await page.get_by_role("link", name="hostile.text").click()
    await expect(page.get_by_role("group", name="Payload")).to_contain_text("<script>alert(1)</script>")
    await page.get_by_role("button", name="As text").click()
    await page.get_by_label("Find").fill("onerror")
    assert await page.locator("main :is(script, iframe, img, b)").count() == 0
    assert seen == []


async def test_what_comes_by_the_live_tail_is_text(console: Console) -> None:
    seen, forms = refuse_dialogs(console.page), await Forms.of(console)
    page = await console.open("events/live")
    await expect(page.locator("[data-live-state]")).to_have_text("Live")
    await forms.post(console.path("events"), type="hostile.tail", payload=json.dumps({"text": CORPUS[1]}))

    row = page.get_by_role("region", name="Events as they come").locator("tbody tr").first
    await expect(row).to_contain_text("<img src=x onerror=alert(2)>")
    assert await page.locator("main img").count() == 0
    assert seen == []
