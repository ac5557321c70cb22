"""Log sessions, and the book behind them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.products.appharbor_apps.conftest import BASE, Harbor

from harbor.products.appharbor_apps.log_sessions.api import lines
from harbor.products.appharbor_apps.log_sessions.model import LogSession
from harbor.products.appharbor_apps.logs import book as books
from harbor.products.appharbor_apps.logs.book import Book
from harbor.products.appharbor_apps.logs.segments import LOGS, Segments

# What the command line client looks for.
PATTERN = re.compile(r".*?\[(?P<process>[\w-]+(?:[\d.]+)?)\]:(?P<text>.*)")
AT = datetime(2026, 3, 1, 9, 15, 21, 482_000, tzinfo=UTC)


async def number_of(harbor: Harbor, slug: str) -> int:
    found: int = await harbor.inside(slug, lambda _call, application: application.id)
    return found


async def opened(harbor: Harbor, slug: str, **fields: Any) -> str:
    """The address of a new session, below the mount."""
    reply = await harbor.ada.ask("POST", f"/applications/{slug}/logsession", {"tail": False, "limit": 100, **fields})
    assert reply.status == 201, reply.body
    location: str = reply.headers["location"]
    assert location.startswith(f"{BASE}/sessions/")
    return location.removeprefix(BASE)


async def test_a_session_shows_the_kept_lines_without_a_token_and_once(harbor: Harbor) -> None:
    slug = await harbor.application()
    number = await number_of(harbor, slug)
    for text in ("listening on 5000", "two\nlines"):
        harbor.book.put(number, "app", "web.1", text, at=AT)
    target = await opened(harbor, slug, limit="2", tail="False")

    reply = await harbor.client().request("GET", target)

    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.body.decode().splitlines() == [
        "2026-03-01T09:15:21.482+00:00 app[web.1]: listening on 5000",
        "2026-03-01T09:15:21.482+00:00 app[web.1]: two lines",
    ]
    assert PATTERN.fullmatch(reply.body.decode().splitlines()[0])
    assert (await harbor.client().request("GET", target)).status == 404


async def test_a_session_that_is_not_opened_within_a_minute_is_gone(one: Harbor) -> None:
    slug = await one.application()
    target = await opened(one, slug)
    one.house.clock.advance(60)

    assert (await one.client().request("GET", target)).status == 404
    assert (await one.client().request("GET", "/sessions/nonsense")).status == 404


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({}, ["a", "b", "c"]),
        ({"sourceFilter": "app"}, ["a", "b"]),
        ({"processFilter": "web"}, ["a", "c"]),
        ({"processfilter": "web.2"}, ["c"]),
        ({"sourceFilter": None, "processFilter": ""}, ["a", "b", "c"]),
        ({"sourceFilter": "APP"}, []),
        ({"limit": 1}, ["c"]),
        ({"limit": 0}, []),
    ],
)
async def test_filters_and_the_limit_choose_lines(one: Harbor, filters: dict[str, Any], shown: list[str]) -> None:
    slug = await one.application()
    number = await number_of(one, slug)
    for source, process, text in (("app", "web.1", "a"), ("app", "worker.1", "b"), ("router", "web.2", "c")):
        one.book.put(number, source, process, text)

    reply = await one.client().request("GET", await opened(one, slug, **filters))

    assert [line.rpartition(" ")[2] for line in reply.body.decode().splitlines()] == shown


@pytest.mark.parametrize("body", [{}, {"tail": True}, {"tail": "x", "limit": 1}, {"tail": True, "limit": -1}])
async def test_a_session_needs_tail_and_limit(one: Harbor, body: dict[str, Any]) -> None:
    slug = await one.application()

    assert (await one.ada.ask("POST", f"/applications/{slug}/logsession", body)).status == 400


def _session(**fields: Any) -> LogSession:
    return LogSession(
        **{
            "account_id": "acc",
            "digest": "d",
            "application_id": 1,
            "tail": True,
            "line_limit": 10,
            "source_filter": None,
            "process_filter": None,
            "created_at": AT,
            "expires_at": AT,
            "opened_at": AT,
            **fields,
        }
    )


async def test_with_tail_the_lines_go_on() -> None:
    book = Book()
    book.put(1, "app", "web.1", "old", at=AT)
    shown = lines(book, _session(), idle_s=0.01)

    assert (await anext(shown)).endswith(b"old\n")
    assert await anext(shown) == b"\n"
    book.put(1, "app", "web.1", "new", at=AT)
    book.put(2, "app", "web.1", "another's", at=AT)
    while (line := await anext(shown)) == b"\n":
        pass
    assert line.endswith(b"new\n")
    await shown.aclose()  # type: ignore[attr-defined]
    assert book._followers == {}


async def test_who_reads_too_slowly_is_told_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "BEHIND_MAX", 2)
    book = Book()
    with book.follow(1) as following:
        for number in range(5):
            book.put(1, "app", "web.1", str(number))
        found, lost = await following.next(1)

    assert ([line.text for line in found], lost) == (["3", "4"], 3)


async def test_the_newest_lines_are_kept() -> None:
    book = Book()
    for number in range(books.KEPT_MAX + 5):
        book.put(1, "app", "web.1", str(number))

    kept = book.recent(1, 10_000)

    assert (len(kept), kept[0].text) == (books.KEPT_MAX, "5")


def test_a_line_of_the_server_is_on_disk_and_known_again_and_brings_no_folder_back(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    book = Book(tmp_path)
    for number in (1, 2):  # 2 was deleted
        book.put(number, "build", "41", "This is a Python project")
    book.put(1, "app", "web.1", "told by the runner, which has written it", at=AT)

    (written,) = Segments(tmp_path / "1" / LOGS).recent(10)

    assert written.text == "This is a Python project"
    assert book.has(1, written)
    assert not book.has(1, replace(written, at=AT))
    assert not book.has(2, replace(written, text="another"))
    assert [path.name for path in tmp_path.iterdir()] == ["1"]
