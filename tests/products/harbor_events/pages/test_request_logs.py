"""Request logs in the console."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.factories import make_key, make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, quoted, seen

from harbor.kernel.clock import micros
from harbor.kernel.requestlog import store
from harbor.kernel.requestlog.store import Entry


def entry(call: Any, **given: Any) -> Entry:
    """A line of the log, as the pipeline writes it."""
    values: dict[str, Any] = {
        "id": call.new_id("req_"),
        "account_id": call.account_id,
        "workspace_id": call.default_workspace().id,
        "credential_id": "key_1",
        "method": "GET",
        "path": "/v1/events",
        "route": "events.list",
        "status": 200,
        "duration_us": 1_234,
        "error_code": None,
        "client": "192.0.2.1",
        "client_request_id": None,
        "request_body": None,
        "response_body": None,
        "created_at": micros(call.tx.now),
        **given,
    }
    made = Entry(**values)
    store.insert(call.tx, [made])
    return made


async def test_a_refused_request_stands_in_the_log_with_its_bodies(office: Office) -> None:
    key = await office.write(make_key)
    client = office.house.client("harbor", {"authorization": f"Bearer {key.secret}"})
    reply = await client.request(
        "POST", "/v1/events", {"workspace_id": office.workspace_id, "type": "a..b", "payload": {"token": "hush"}}
    )
    await office.house.settle()

    listed = seen(await office.member.get(f"{office.base}/logs"))
    shown = seen(await office.member.get(listed.rows[0]))

    assert listed.rows == [f"/console{office.base}/logs/{reply.headers['harbor-request-id']}"]
    for words in ("400", "POST", "/v1/events", "invalid_request", key.credential.id):
        assert words in listed.text
        assert words in shown.text
    assert '"type":"a..b"' in shown.text
    assert "type must be" in shown.text
    assert "hush" not in shown.text


async def test_a_request_that_went_well_says_why_it_has_no_bodies(office: Office) -> None:
    made = await office.write(entry)

    page = seen(await office.owner.get(f"{office.base}/logs/{made.id}"))

    assert "Bodies are kept of refused requests only" in page.text
    assert "1.2 ms" in page.text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, ["d", "c", "b", "a"]),
        ({"order": "asc"}, ["a", "b", "c", "d"]),
        ({"status": "404"}, ["b"]),
        ({"method": "post"}, ["d", "c"]),
        ({"key_id": " key_2 "}, ["c"]),
        ({"method": "POST", "status": "404"}, []),
        ({"since": "2026-05-25T14:00"}, ["d", "c"]),
        ({"until": "2026-05-25T13:00"}, ["a"]),
        ({"reach": "all"}, ["e", "d", "c", "b", "a"]),
    ],
)
async def test_the_log_is_narrowed(office: Office, asked: dict[str, str], shown: list[str]) -> None:
    for given in (
        {"path": "/a"},
        {"path": "/b", "status": 404},
        {"path": "/c", "method": "POST", "credential_id": "key_2"},
        {"path": "/d", "method": "POST"},
        {"path": "/e", "workspace_id": None},
    ):
        await office.write(partial(entry, **given))
        office.house.clock.advance(3_600)

    page = seen(await office.owner.get(f"{office.base}/logs?{urlencode(asked)}"))

    paths = [text for text in page.text.split() if text.startswith("/") and len(text) == 2]
    assert paths == [f"/{letter}" for letter in shown]
    assert ("No request fits" in page.text) is (not shown)


@pytest.mark.parametrize(
    "query", ["status=abc", "status=99", "status=%D9%A1%D9%A2%D9%A3", "since=x", "starting_after=req_0"]
)
async def test_a_filter_that_cannot_be_is_explained(office: Office, query: str) -> None:
    page = seen(await office.owner.get(f"{office.base}/logs?{query}"))

    assert page.all("div", **{"class": "note bad"})


async def test_the_pages_show_every_request_once(office: Office) -> None:
    made = [await office.write(entry) for _ in range(3)]

    first = seen(await office.owner.get(f"{office.base}/logs?method=GET&limit=2"))
    second = seen(await office.owner.get(f"{office.base}/logs{first.all('a', rel='next')[0]['href']}"))

    assert [row.rpartition("/")[2] for row in (*first.rows, *second.rows)] == [one.id for one in reversed(made)]


async def test_requests_of_others_are_missing(office: Office) -> None:
    neighbour = await office.write(make_workspace)
    hidden = [
        await office.next_door(entry),
        await office.elsewhere(entry),
        await office.write(lambda call: entry(call, workspace_id=neighbour.id)),
    ]

    listed = seen(await office.owner.get(f"{office.base}/logs"))
    for one in hidden:
        assert one.id not in listed.text
        assert (await office.owner.get(f"{office.base}/logs/{one.id}")).status == 404
    assert (await office.stranger.get(f"{office.base}/logs")).status == 404
    everywhere = seen(await office.owner.get(f"{office.base}/logs?reach=all"))
    assert [row.rpartition("/")[2] for row in everywhere.rows] == [hidden[2].id]
    assert (await office.owner.get(everywhere.rows[0])).status == 200


@pytest.mark.parametrize("text", XSS)
async def test_what_callers_wrote_is_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    made = await office.write(
        lambda call: entry(
            call,
            path=f"/v1/{text}",
            status=404,
            error_code="not_found",
            client=text,
            client_request_id=text,
            request_body=text,
            response_body=text,
        )
    )

    listed = seen(await office.owner.get(f"{office.base}/logs?key_id={quoted(text)}&status={quoted(text)}"))
    unfiltered = seen(await office.owner.get(f"{office.base}/logs"))
    shown = seen(await office.owner.get(f"{office.base}/logs/{made.id}"))

    assert " ".join(text.split()) in shown.text
    for page in (listed, unfiltered, shown):
        page.assert_harmless()
