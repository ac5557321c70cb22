"""A real browser on a real server: Chromium of the system, driven by Playwright, and one installation a worker."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright
from tests.browser.console import Console, Faults
from tests.end_to_end.server import LOOPBACK, Installation, Server, install, serving

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
_OPEN = {"HARBOR_RATE_LIMIT_SANDBOX": "off", "HARBOR_RATE_LIMIT_PRODUCTION": "off"}


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("HARBOR_TEST_REQUIRE_ALL") == "1":
            pytest.fail("Chromium is not installed: apt-get install chromium")
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What `harbor init` makes."""
    return install(tmp_path_factory.mktemp("browser") / "data")


@pytest.fixture(scope="session")
def server(installation: Installation) -> Iterator[Server]:
    """A server on it that may send webhooks to this machine."""
    with serving(installation, {**LOOPBACK, **_OPEN}) as running:
        yield running


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser without a past."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        yield running
        await running.close()


@pytest.fixture
async def page(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """A page that nobody is signed in on. A script's error or a breach of the content policy fails the test."""
    context = await browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(10_000)
    opened = await context.new_page()
    faults = Faults.of(opened)
    yield opened
    assert not faults.seen, "\n".join(faults.seen)
    await context.close()


@pytest.fixture
async def console(page: Page, server: Server) -> Console:
    """The console with the first administrator signed in."""
    made = Console(page, server)
    await made.sign_in()
    return made


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are kept."""
    folder = Path(os.environ.get("HARBOR_TEST_PICTURES", Path(__file__).parents[2] / ".cache" / "pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
