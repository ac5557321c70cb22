"""Every page of the console, with something on it: readable at any width and in both themes, and with any aid."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.console import Console
from tests.browser.looking import faults_of
from tests.browser.pages import PAGES, Objects

from harbor.kernel.http.routes import Route


@pytest.mark.parametrize("route", [pytest.param(route, id=route.name) for route in PAGES])
async def test_a_page_fits_every_window_and_is_accessible(
    route: Route, console: Console, objects: Objects, pictures: Path
) -> None:
    answer = await console.page.goto(objects.path_of(route))

    assert answer is not None
    assert answer.status == 200, await console.page.inner_text("main")
    assert await faults_of(console.page, pictures, route.name) == []
