"""Every page of the console, with something on it: readable at any width and in both themes, and with any aid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, StorageState
from tests.browser.conftest import context_of
from tests.browser.console import Faults
from tests.browser.looking import faults_of
from tests.browser.pages import PAGES, Objects
from tests.end_to_end.server import Server

from harbor.kernel.http.routes import Route


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def looked_at(browser: Browser, server: Server, signed_in: StorageState) -> AsyncIterator[tuple[Page, Faults]]:
    """One page that goes to all of them, as a person does: they are only looked at, so nothing is left for the next."""
    context = await context_of(browser, server, storage_state=signed_in)
    yield await context.new_page(), Faults.of(context)
    await context.close()


@pytest.mark.parametrize("route", [pytest.param(route, id=route.name) for route in PAGES])
async def test_a_page_fits_every_window_and_is_accessible(
    route: Route, looked_at: tuple[Page, Faults], objects: Objects, pictures: Path
) -> None:
    page, faults = looked_at
    faults.seen.clear()

    answer = await page.goto(objects.path_of(route))

    assert answer is not None
    assert answer.status == 200, await page.inner_text("main")
    assert await faults_of(page, pictures, route.name) == []
    await page.goto("about:blank")  # what it still has to say, it says now
    assert not faults.seen, "\n".join(faults.seen)
