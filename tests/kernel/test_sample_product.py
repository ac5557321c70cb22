"""The parcel desk: what a product that is nothing like Harbor's events needs of the kernel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.guard_plugin import units_of_work_stay_inside
from tests.harness import Reply
from tests.kernel.sample_product.desk import PAIR, RING, Desk, basic, open_desk
from tests.receiver import Answer

from harbor.kernel.clock import ManualClock
from harbor.kernel.mail import store as mails
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database

__all__ = ["units_of_work_stay_inside"]


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk, its clerk, and a receiver for its news."""
    async with open_desk(database, clock, tmp_path) as opened:
        yield opened


async def test_a_parcel_gets_the_next_number_its_weight_and_an_address(desk: Desk) -> None:
    first = await desk.client.request("POST", "/parcels", RING)
    second = await desk.client.request("POST", "/parcels", {**RING, "label": "R2"})

    assert (first.status, first.headers["location"]) == (201, "http://desk.test/parcels/1")
    assert [first.json()["id"], second.json()["id"]] == [1, 2]
    assert first.json()["weight_g"] == 200
    assert first.json()["arrived_at"] == 1_779_710_400_000


@pytest.mark.parametrize("header", [None, "Basic", "Basic %%%", "Bearer abc", "Basic Y2xlcms6d3Jvbmc="])
async def test_without_the_right_name_and_password_nothing_is_said(desk: Desk, header: str | None) -> None:
    stranger = desk.house.client("desk", {} if header is None else {"Authorization": header})

    reply = await stranger.request("GET", "/parcels")

    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="desk"'
    assert reply.json()["fault"] == "unauthenticated"


async def test_pages_have_numbers_and_totals(desk: Desk) -> None:
    for label in ("a", "b", "c"):
        await desk.take_in(label=label, email=None)

    reply = await desk.client.request("GET", "/parcels?page=2&size=2")

    page = reply.json()
    assert [parcel["label"] for parcel in page.pop("parcels")] == ["c"]
    assert page == {"total": 3, "page": 2, "size": 2, "pages": 2}


async def test_an_older_caller_gets_the_older_shape(desk: Desk) -> None:
    parcel = await desk.take_in()

    reply = await desk.client.request("GET", f"/parcels/{parcel['id']}", headers={"Desk-Version": "1"})

    assert reply.json()["arrived_at"] == "2026-05-25T12:00:00.000Z"
    assert "weight_g" not in reply.json()


async def test_an_older_caller_writes_the_older_shape(desk: Desk) -> None:
    reply = await desk.client.request("POST", "/parcels", {"label": "R1", "name": "Ada"}, headers={"Desk-Version": "1"})

    assert reply.status == 201, reply.body
    assert reply.json()["recipient"] == "Ada"


async def test_a_route_that_an_older_version_lacks_is_not_there(desk: Desk) -> None:
    parcel = await desk.take_in()

    reply = await desk.client.request("POST", f"/parcels/{parcel['id']}/announce", headers={"Desk-Version": "1"})

    assert reply.status == 404


@pytest.mark.parametrize(("method", "target"), [("GET", "/parcels"), ("DELETE", "/parcels/1")])
async def test_a_version_nobody_knows_is_refused_before_anything_happens(desk: Desk, method: str, target: str) -> None:
    await desk.take_in()

    reply = await desk.client.request(method, target, headers={"Desk-Version": "9"})

    assert reply.status == 400
    assert (await desk.client.request("GET", "/parcels/1")).status == 200


async def test_the_recipient_hears_of_it_by_mail(desk: Desk) -> None:
    await desk.take_in()
    await desk.house.settle()

    account = desk.organization.sandbox
    sent = await desk.house.read(account, lambda call: mails.newest_first(call.tx, account.id, PageRequest(limit=9)))

    assert [(mail.recipient, mail.text) for mail in sent.items] == [
        ("ada@example.com", "Dear Ada, a ring waits at the desk.")
    ]


async def test_hooks_get_numbered_news_in_the_version_they_began_with(desk: Desk) -> None:
    await desk.hook(version="1")
    await desk.take_in()
    await desk.take_in(label="R2", email=None)

    await desk.house.settle()

    news = [got.json() for got in desk.receiver.got]
    assert [(each["number"], each["parcel"]["label"]) for each in news] == [(1, "R1"), (2, "R2")]
    assert news[0]["parcel"]["arrived_at"] == "2026-05-25T12:00:00.000Z"
    assert "weight_g" not in news[0]["parcel"]


async def test_news_show_the_parcel_as_it_was_and_are_the_same_bytes_each_time(desk: Desk) -> None:
    await desk.hook()
    parcel = await desk.take_in()
    desk.receiver.answers.append(Answer(status=500))
    await desk.house.settle()
    await desk.client.request("PATCH", f"/parcels/{parcel['id']}", {"recipient": "Grace"})

    desk.house.clock.advance(60)
    await desk.house.settle()

    first, again, changed = desk.receiver.got
    assert first.body == again.body
    assert [first.json()["number"], changed.json()["number"]] == [1, 2]
    assert [first.json()["parcel"]["recipient"], changed.json()["parcel"]["recipient"]] == ["Ada", "Grace"]
    assert [first.headers["desk-attempt"], again.headers["desk-attempt"]] == ["1", "2"]


async def test_a_paused_hook_holds_what_happens_and_sends_it_later(desk: Desk) -> None:
    hook = await desk.hook()
    await desk.client.request("POST", f"/hooks/{hook['id']}/pause")
    await desk.take_in()
    await desk.house.settle()
    held = await desk.in_words(hook)

    await desk.client.request("POST", f"/hooks/{hook['id']}/resume")
    await desk.house.settle()

    assert held == [(None, "held")]
    assert await desk.in_words(hook) == [(1, "sent")]
    assert len(desk.receiver.got) == 1


async def test_what_was_held_for_more_than_a_week_is_left_out(desk: Desk) -> None:
    hook = await desk.hook()
    await desk.client.request("POST", f"/hooks/{hook['id']}/pause")
    await desk.take_in(label="old", email=None)
    desk.house.clock.advance(timedelta(days=1).total_seconds())
    await desk.take_in(label="new", email=None)
    desk.house.clock.advance(timedelta(days=6, minutes=1).total_seconds())

    await desk.client.request("POST", f"/hooks/{hook['id']}/resume")
    await desk.house.settle()

    assert await desk.in_words(hook) == [(1, "sent"), (None, "left out")]
    assert [got.json()["parcel"]["label"] for got in desk.receiver.got] == ["new"]


async def test_what_fails_is_tried_again_after_a_minute_and_ten_and_then_given_up(desk: Desk) -> None:
    hook = await desk.hook()
    desk.receiver.otherwise = Answer(status=500)
    await desk.take_in()
    said = []
    for wait in (0, 59, 1, 599, 1, 86_400):
        desk.house.clock.advance(wait)
        await desk.house.settle()
        said.append((len(desk.receiver.got), (await desk.in_words(hook))[0][1]))

    assert said == [
        (1, "to send again"),
        (1, "to send again"),
        (2, "to send again"),
        (2, "to send again"),
        (3, "given up"),
        (3, "given up"),
    ]


async def test_an_announcement_is_written_asked_for_and_written_again(desk: Desk) -> None:
    parcel = await desk.take_in()

    reply = await desk.client.request("POST", f"/parcels/{parcel['id']}/announce")

    assert (reply.status, reply.json()["state"], reply.json()["tracking"]) == (200, "announced", "TRACK-R1")


async def test_an_announcement_that_breaks_off_in_the_middle_is_undone(desk: Desk) -> None:
    parcel = await desk.take_in()

    async def lost(label: str) -> str:
        raise RuntimeError("the line went dead")

    desk.house.services.tools["courier"] = lost  # type: ignore[index]
    reply = await desk.client.request("POST", f"/parcels/{parcel['id']}/announce")
    between = await desk.client.request("GET", f"/parcels/{parcel['id']}")
    desk.house.clock.advance(60)
    await desk.house.settle()
    later = await desk.client.request("GET", f"/parcels/{parcel['id']}")

    assert reply.status == 500
    assert [between.json()["state"], later.json()["state"]] == ["announcing", "stored"]


async def test_everything_is_possible_on_one_path(desk: Desk) -> None:
    counter = desk.house.client("counter", basic(PAIR))

    async def say(operation: str, **more: object) -> Reply:
        return await counter.request("POST", "/", {"operation": operation, **more})

    made = await say("parcels.create", **RING)
    found = await say("parcels.retrieve", parcel_id=made.json()["id"])
    listed = await say("parcels.list")
    announced = await say("parcels.announce", parcel_id=made.json()["id"])
    missing = await say("parcels.retrieve", parcel_id="12")
    unknown = await say("parcels.shred")

    assert found.json() == made.json()
    assert listed.json()["parcels"] == [made.json()]
    assert announced.json()["tracking"] == "TRACK-R1"
    assert (missing.status, unknown.status) == (404, 404)


async def test_a_stranger_at_the_one_path_is_sent_away(desk: Desk) -> None:
    reply = await desk.house.client("counter").request("POST", "/", {"operation": "parcels.list"})

    assert reply.status == 401


async def test_a_hundred_requests_a_minute_pass(desk: Desk) -> None:
    for _ in range(100):
        assert (await desk.client.request("GET", "/parcels")).status == 200
    refused = await desk.client.request("GET", "/parcels")
    desk.house.clock.advance(timedelta(minutes=1).total_seconds())

    assert (refused.status, refused.headers["retry-after"], refused.headers["desk-left"]) == (429, "60", "0")
    assert (await desk.client.request("GET", "/parcels")).headers["desk-left"] == "99"
