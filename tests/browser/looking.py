"""Looking at a page as many people do: at three widths, in both themes, and through axe-core."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

_AXE = Axe().axe_script  # half a megabyte: a page gets it once
WIDTHS = (320, 1280, 2560)
_HEIGHTS = {320: 640, 1280: 800, 2560: 1440}
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Nobody asserts on them, and the largest take longest, so those are for who asked for pictures.
_KEEPS_ALL_PICTURES = "HARBOR_TEST_PICTURES" in os.environ
# What axe calls them; "moderate" and "minor" are opinions that depend on the page.
_GRAVE = frozenset({"serious", "critical"})
_WHOLE: dict[str, Any] = {"resultTypes": ["violations"]}
# All else is the same in both themes.
_COLOURS: dict[str, Any] = {**_WHOLE, "runOnly": ["color-contrast"]}


async def faults_of(page: Page, pictures: Path, name: str) -> list[str]:
    """What is wrong with the look of a page, one line each. Screenshots are kept under `name`."""
    faults = []
    async with _as_it_was(page):
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": _HEIGHTS[width]})
            for theme in _THEMES:
                await page.emulate_media(color_scheme=theme)
                faults += await sideways(page)
                if width == 1280 or _KEEPS_ALL_PICTURES:
                    await page.screenshot(path=pictures / f"{name}-{width}-{theme}.jpeg", type="jpeg", quality=70)
                if width == 1280:
                    faults += await _grave_findings(page, theme)
    return faults


async def sideways(page: Page) -> list[str]:
    """Whether a page is wider than its window, and what sticks out."""
    wide: list[str] = await page.evaluate(
        """() => {
        const root = document.scrollingElement, width = root.clientWidth;
        if (root.scrollWidth <= width) return [];
        const out = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1);
        return out.slice(0, 5).map((one) => `${width} px: ${one.outerHTML.slice(0, 160)}`);
        }"""
    )
    return [f"{page.url}: {each}" for each in wide]


async def _grave_findings(page: Page, theme: str) -> list[str]:
    options = _WHOLE if theme == _THEMES[0] else _COLOURS
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE)
    violations = await page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{page.url} ({theme}): {found['id']}: {found['help']}: {node['html'][:200]}"
        for found in violations
        if found["impact"] in _GRAVE
        for node in found["nodes"]
    ]


@asynccontextmanager
async def _as_it_was(page: Page) -> AsyncIterator[None]:
    size = page.viewport_size
    yield
    await page.emulate_media(color_scheme="null")
    if size is not None:
        await page.set_viewport_size(size)
