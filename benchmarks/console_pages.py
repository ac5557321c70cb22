"""Is the console quick for people: its lists with a million events, its first visit over a thin line, its live tail in a flood?

Every list of the console is asked for over one connection, whole. A first visit is weighed in Chromium, with styles and
scripts. The live tail is open in Chromium while events are posted, and the longest task that blocked the page is taken.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from typing import cast
from urllib.parse import urlencode

import aiohttp
from playwright.async_api import BrowserContext, Page, Request, async_playwright

from benchmarks import load
from benchmarks.filling import fill, home_of
from benchmarks.load import pour
from benchmarks.measuring import Options, Report, command
from benchmarks.servers import Installation, Program, place
from harbor.app import SECTIONS
from harbor.console.product import console_product
from harbor.kernel.clock import SystemClock
from harbor.kernel.http.routes import Route
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.sqlite import SqliteDatabase

P99_MS_MAX = 50
FIRST_VISIT_KB_MAX = 150
# What people notice: the bound of the browsers' own Long Tasks is 50 ms, of a felt delay 100 ms.
BLOCKED_MS_MAX = 100
_EVENTS_PER_SECOND = 1_000
_BATCH = 100
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WATCH = """
window.blocked = [];
new PerformanceObserver((list) => blocked.push(...list.getEntries().map((one) => one.duration))).observe({ type: "longtask" });
"""


async def ask(options: Options) -> Report:
    """First bytes of the lists, weight of a first visit, and the live tail at 1,000 events a second."""
    report = Report("console_pages", "The console: lists, a first visit, the live tail", "")
    events, delivered = options.size((900_000, 100_000), (9_000, 1_000))
    with place(options.place) as here:
        installation = here.install()
        await _fill(installation, events, delivered)
        server = here.serve(installation)
        cookie = _sign_in(server, installation)
        for route in _lists():
            await _measure_list(report, options, server, installation, route, cookie)
        async with _browser(server, cookie) as context:
            await _weigh(report, context, installation)
            await _flood(report, options, context, server, installation)
        server.stop()
    report.notes.append(f"{events + delivered:,} events, the newest {delivered:,} of them delivered")
    return report


async def _fill(installation: Installation, events: int, delivered: int) -> None:
    database = SqliteDatabase(installation.folder / "harbor.db", SystemClock())
    await database.open()
    try:
        home = await database.read(lambda tx: home_of(tx, installation.workspace_id))
        from_ms = int(time.time() * 1_000) - 2 * (events + delivered)
        await fill(database, home, events, first=0, from_ms=from_ms)
        await fill(database, home, delivered, first=events, from_ms=from_ms, with_deliveries=True)
    finally:
        await database.close()


def _sign_in(server: Program, installation: Installation) -> str:
    connection = HTTPConnection("127.0.0.1", server.port)
    fields = {"email": installation.console["email"], "password": installation.console["password"]}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/console/sign-in", urlencode(fields), headers)
    cookie = connection.getresponse().headers["Set-Cookie"]
    connection.close()
    return cookie.partition(";")[0]


def _lists() -> list[Route]:
    table = console_product(cast(Database, None), SECTIONS, version="0.0.0").routes
    return [route for route in table if route.method == "GET" and route.paged]


async def _measure_list(
    report: Report, options: Options, server: Program, installation: Installation, route: Route, cookie: str
) -> None:
    target = _address(installation, route.path)
    request = load.request("GET", target, headers=f"Cookie: {cookie}\r\n".encode())
    await pour(server.port, lambda _: request, 5, connections=1, status=200)
    count, cpu_s = options.size(500, 20), server.cpu_s
    poured = await pour(server.port, lambda _: request, count, connections=1, status=200)
    cpu_ms = (server.cpu_s - cpu_s) / count * 1e3
    report.value(f"{route.name}, median", poured.quantile_ms(0.5), unit="ms")
    report.value("  p99", poured.quantile_ms(0.99), unit="ms", below=P99_MS_MAX)
    report.value("  processor time of the server", cpu_ms, unit="ms")


def _address(installation: Installation, path: str) -> str:
    return "/console" + path.format_map({"environment": "production", "workspace_id": installation.workspace_id})


@asynccontextmanager
async def _browser(server: Program, cookie: str) -> AsyncIterator[BrowserContext]:
    path = next(found for name in _BROWSERS if (found := shutil.which(name)))
    url = f"http://127.0.0.1:{server.port}"
    name, _, value = cookie.partition("=")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context(base_url=url)
        await context.add_cookies([{"name": name, "value": value, "url": url}])
        yield context
        await browser.close()


async def _weigh(report: Report, context: BrowserContext, installation: Installation) -> None:
    page = await context.new_page()
    sent: list[Request] = []
    page.on("requestfinished", lambda request: sent.append(request))
    await page.goto(_address(installation, "/{environment}/harbor/{workspace_id}/events"), wait_until="networkidle")
    sizes = [await request.sizes() for request in sent]
    weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    report.value("a first visit, all of it", weight / 1024, unit="KB", below=FIRST_VISIT_KB_MAX)
    report.value("  requests", len(sizes), unit="")
    await page.close()


async def _flood(
    report: Report, options: Options, context: BrowserContext, server: Program, installation: Installation
) -> None:
    page = await context.new_page()
    await page.add_init_script(_WATCH)
    await page.goto(_address(installation, "/{environment}/harbor/{workspace_id}/events/live"))
    await page.locator("[data-live-state].on").wait_for()
    await page.evaluate("blocked.length = 0")
    seconds = options.size(10, 2)
    posted = await _post(server, installation, seconds)
    await page.locator("[data-live-missed]", has_text="not shown").wait_for()
    blocked = await page.evaluate("Math.max(0, ...blocked)")
    report.value(f"live tail for {seconds} s, events a second", posted / seconds, unit="1/s")
    report.value("  longest task that blocked the page", blocked, unit="ms", below=BLOCKED_MS_MAX)
    report.value("  rows on the page", await page.locator("tbody tr").count(), unit="")
    report.value("  counted as not shown", await _not_shown(page), unit="")
    await page.close()


async def _post(server: Program, installation: Installation, seconds: int) -> int:
    """Batches at an even pace; how many events were posted."""
    loop = asyncio.get_running_loop()
    event = {"type": "order.shipped", "payload": {"order_id": "ord_77"}}
    body = {"workspace_id": installation.workspace_id, "events": [event] * _BATCH}
    headers = {"Authorization": f"Bearer {installation.key}"}
    count = seconds * _EVENTS_PER_SECOND // _BATCH
    async with aiohttp.ClientSession(headers=headers) as session:
        began = loop.time()
        for number in range(count):
            async with session.post(f"http://127.0.0.1:{server.port}/v1/events/batch", json=body) as reply:
                assert reply.status < 300, await reply.text()
            await asyncio.sleep(max(0.0, began + (number + 1) * _BATCH / _EVENTS_PER_SECOND - loop.time()))
    return count * _BATCH


async def _not_shown(page: Page) -> int:
    text = await page.locator("[data-live-missed]").inner_text()
    return int("".join(letter for letter in text if letter.isdigit()) or 0)


if __name__ == "__main__":
    command(ask)
