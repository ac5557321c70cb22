"""A real browser on a real server: Chromium of the system, driven by Playwright, and one installation a worker."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright
from tests.browser.console import SETTINGS, Console, Faults, OpenPage
from tests.browser.pages import Objects, make_objects
from tests.end_to_end.server import Installation, Server, install, serving
from tests.receiver import Receiver, listening

# The same engine without windows of its own is a package apart. Where it is installed, all tests here take half the
# computing (200 s instead of 350): the whole browser makes a profile for each context and a process for each page.
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",  # the user of a build machine may be root, for whom Chromium has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
_CONTEXT: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"}
_TIMEOUT_MS = 10_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests here run on the loop of the session: a browser cannot move to another."""
    for item in items:
        if item.path.parent == Path(__file__).parent and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("HARBOR_TEST_REQUIRE_ALL") == "1":
            pytest.fail("Chromium is not installed: apt-get install chromium-headless-shell, or chromium")
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What `harbor init` makes; it is only copied."""
    return install(tmp_path_factory.mktemp("browser") / "untouched")


@pytest.fixture(scope="session")
def installation(untouched: Installation) -> Installation:
    """The installation that most tests share."""
    return untouched.copy(untouched.data.with_name("data"))


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    """A server on it that may send webhooks to this machine."""
    with serving(installation, SETTINGS) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all tests of a process; what one test does is kept from the next by contexts."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        yield running
        await running.close()


async def context_of(browser: Browser, server: Server, **options: Any) -> BrowserContext:
    """A context with nothing in it but what `options` say, for pages of a server."""
    context = await browser.new_context(**{**_CONTEXT, "base_url": server.url, **options})
    context.set_default_timeout(_TIMEOUT_MS)
    return context


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_in(browser: Browser, server: Server) -> StorageState:
    """The cookies of the first administrator's session, for tests that are not about signing in."""
    context = await browser.new_context(base_url=server.url)
    await Console(await context.new_page(), server).sign_in()
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[OpenPage]:
    """Opens pages on servers, each in a context of its own. A script's error or a breach of the content policy fails the test."""
    opened: list[tuple[BrowserContext, Faults]] = []

    async def open_one(server: Server, **options: Any) -> Page:
        context = await context_of(browser, server, **options)
        faults = Faults.of(context)
        opened.append((context, faults))
        return await context.new_page()

    yield open_one
    for context, faults in opened:
        await context.close()
        assert not faults.seen, "\n".join(faults.seen)


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_page: OpenPage, server: Server) -> Page:
    """A page that nobody is signed in on."""
    return await open_page(server)


@pytest_asyncio.fixture(loop_scope="session")
async def console(open_page: OpenPage, server: Server, signed_in: StorageState) -> Console:
    """The console with the first administrator signed in."""
    return Console(await open_page(server, storage_state=signed_in), server)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of webhooks on this machine; each test takes a path of its own."""
    async with listening() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def objects(
    browser: Browser, server: Server, signed_in: StorageState, receiver: Receiver
) -> AsyncIterator[Objects]:
    """One object of each kind, in the sandbox of `server`."""
    context = await browser.new_context(base_url=server.url, storage_state=signed_in)
    yield await make_objects(Console(await context.new_page(), server), receiver)
    await context.close()


@pytest.fixture
def another_server(untouched: Installation, tmp_path: Path) -> Iterator[Server]:
    """A server of its own, for who stops it or changes its first administrator."""
    running = Server.start(untouched.copy(tmp_path / "data"), SETTINGS)
    yield running
    if running.process.poll() is None:
        running.kill()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept."""
    folder = Path(os.environ.get("HARBOR_TEST_PICTURES", Path(__file__).parents[2] / ".cache" / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
