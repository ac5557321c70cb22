"""When the server, the disk or the session is gone: the page says so, and what was typed is kept until it can be sent."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.async_api import Page, Route, expect
from tests.browser.console import SETTINGS, Console, OpenPage
from tests.browser.forms import PASSWORD, Forms, join
from tests.end_to_end.server import Server
from tests.receiver import Answer, Receiver

SILENT = "Harbor did not answer. What you typed is still here."
PAYLOAD = '{"order_id": "ord_77", "note": "typed with care"}'


async def typed(console: Console, type_: str) -> Page:
    """A form that is filled in and not yet sent."""
    page = await console.open("events/new")
    await page.get_by_label("Type").fill(type_)
    await page.get_by_label("Payload").fill(PAYLOAD)
    return page


async def said(page: Page, words: str) -> None:
    """The page says it, and all stays typed."""
    await page.get_by_role("button", name="Send event").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text(words)
    await expect(alert).to_be_focused()
    await expect(page.get_by_label("Payload")).to_have_value(PAYLOAD)
    await expect(page.get_by_role("button", name="Send event")).to_be_enabled()


async def is_sent(page: Page) -> None:
    """Now it can be sent as it stands."""
    await page.get_by_role("button", name="Send event").click()
    await expect(page.get_by_text("The event is recorded.")).to_be_visible()
    await expect(page.get_by_role("group", name="Payload")).to_contain_text("typed with care")


async def test_a_server_that_was_killed_takes_the_form_when_it_is_there_again(
    open_page: OpenPage, another_server: Server
) -> None:
    console = Console(await open_page(another_server), another_server)
    await console.sign_in()
    page = await typed(console, "server.killed")
    another_server.kill()
    await said(page, SILENT)

    port = str(urlsplit(another_server.url).port)
    again = Server.start(another_server.installation, SETTINGS, ("--port", port))
    try:
        await is_sent(page)
    finally:
        again.kill()


async def test_a_server_that_is_ending_says_so(open_page: OpenPage, another_server: Server, receiver: Receiver) -> None:
    console = Console(await open_page(another_server), another_server)
    await console.sign_in()
    page = await typed(console, "server.ending")
    async with held_up(console, another_server, receiver):
        await said(page, SILENT)


@asynccontextmanager
async def held_up(console: Console, server: Server, receiver: Receiver) -> AsyncIterator[None]:
    """The server is told to end and cannot yet: a delivery of its is not answered."""
    let_go = asyncio.Event()
    receiver.answers.append(Answer(hold=let_go))
    forms = await Forms.of(console)
    await forms.post(console.path("webhooks"), url=receiver.url("/held"), events="held.up")
    await forms.post(console.path("events"), type="held.up", payload="{}")
    await receiver.until(lambda heard: bool(heard.at("/held")))
    server.process.send_signal(signal.SIGTERM)
    process, port = psutil.Process(server.process.pid), urlsplit(server.url).port
    async with asyncio.timeout(10):
        while any(each.laddr.port == port for each in await asyncio.to_thread(process.net_connections, "tcp")):
            pass
    yield
    let_go.set()
    assert await asyncio.to_thread(server.wait) == 0


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(503, "", "Harbor is not ready to take this now.", id="not-ready"),
        pytest.param(
            503,
            '<main><p data-error data-code="disk_full">The disk is full.</p></main>',
            "The disk is full.",
            id="disk-full",
        ),
        pytest.param(413, "", "This is larger than Harbor takes.", id="too-large"),
    ],
)
async def test_a_refusal_on_the_way_is_said(console: Console, status: int, body: str, words: str) -> None:
    page = await typed(console, "refused.on.the.way")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, body=body, content_type="text/html")

    await page.route("**/events", refuse)
    await said(page, words)
    await page.unroute("**/events")
    await is_sent(page)


async def test_a_form_outlives_its_session(console: Console, open_page: OpenPage, server: Server) -> None:
    person = await join(await Forms.of(console), "Maria Agnesi")
    hers = Console(await open_page(server), server)
    await hers.sign_in(person.email, PASSWORD)
    page = await typed(hers, "session.ended")
    elsewhere = Console(await page.context.new_page(), server)
    await elsewhere.page.goto("/console/account/sessions")
    await elsewhere.page.get_by_role("button", name="Sign out everywhere").click()
    await elsewhere.page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    await expect(elsewhere.page.get_by_text("You are signed out.")).to_be_visible()

    await said(page, "Your session has ended. Sign in in another tab, then send this again.")

    await elsewhere.sign_in(person.email, PASSWORD)
    await is_sent(page)
