"""The list of events, one event, and sending it again."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from tests.factories import make_event, make_webhook, make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, seen

from harbor.kernel.eventlog.model import Event
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.kernel.webhooks.model import Standing
from harbor.kernel.workspaces.model import Status, SuspensionReason
from harbor.products.harbor_events.events import service
from harbor.products.harbor_events.webhooks.view import NAME
from harbor.products.harbor_events.workspaces import service as workspaces


async def test_an_environment_leads_to_the_events_of_its_default_workspace(office: Office) -> None:
    reply = await office.owner.get("/sandbox")

    assert reply.headers["location"] == f"/console{office.base}/events"
    assert "No events yet" in seen(await office.owner.follow(reply)).text


async def test_the_list_shows_the_newest_first_and_leaves_out_the_platforms_own(office: Office) -> None:
    first = await office.write(lambda call: make_event(call, type="order.placed"))
    second = await office.write(lambda call: make_event(call, type="order.shipped", payload={"carrier": "dhl"}))
    await office.write(lambda call: make_event(call, type="harbor.webhook.created"))

    page = seen(await office.owner.get(f"{office.base}/events"))

    assert page.rows == [f"/console{office.base}/events/{one.id}" for one in (second, first)]
    assert '{"carrier":"dhl"}' in page.text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"type": "order.*"}, ["order.shipped", "order.placed"]),
        ({"type": "order.*", "order": "asc"}, ["order.placed", "order.shipped"]),
        ({"type": "order.placed, invoice.paid"}, ["invoice.paid", "order.placed"]),
        ({"type": "harbor.*"}, ["harbor.webhook.created"]),
        ({"since": "2026-05-25T13:00"}, ["invoice.paid", "order.shipped"]),
        ({"until": "2026-05-25T13:00"}, ["order.placed"]),
        ({"since": "2026-05-25T13:00", "until": "2026-05-25T14:00"}, ["order.shipped"]),
        ({"type": "nothing.like.it"}, []),
    ],
)
async def test_the_list_is_narrowed_by_type_and_time(office: Office, asked: dict[str, str], shown: list[str]) -> None:
    kinds = {}
    for type_ in ("order.placed", "order.shipped", "invoice.paid"):
        kinds[(await office.write(partial(make_event, type=type_))).id] = type_
        office.house.clock.advance(3_600)
    kinds[(await office.write(lambda call: make_event(call, type="harbor.webhook.created"))).id] = (
        "harbor.webhook.created"
    )

    page = seen(await office.owner.get(f"{office.base}/events?{urlencode(asked)}"))

    assert [kinds[row.rpartition("/")[2]] for row in page.rows] == shown
    assert ("No event fits" in page.text) is (not shown)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("type=..", "type must be letters"),
        ("type=*.a", "stands alone or as the last segment"),
        ("since=yesterday", "since must be an ISO 8601 moment"),
        ("until=9999-99-99", "until must be an ISO 8601 moment"),
    ],
)
async def test_a_filter_that_cannot_be_is_explained_on_the_page_that_keeps_it(
    office: Office, query: str, words: str
) -> None:
    page = seen(await office.owner.get(f"{office.base}/events?{query}"))

    assert words in page.text
    assert page.all("input", value=query.partition("=")[2])
    assert not page.rows


async def test_the_pages_of_a_list_show_every_event_once(office: Office) -> None:
    made = [await office.write(lambda call: make_event(call, type="order.placed")) for _ in range(5)]
    address, found = f"{office.base}/events?type=order.*&limit=2", []

    for _ in range(3):
        page = seen(await office.owner.get(address))
        found += [row.rpartition("/")[2] for row in page.rows]
        nexts = [have["href"] for have in page.all("a", rel="next")]
        address = f"{office.base}/events{nexts[0]}&limit=2" if nexts else ""

    assert found == [event.id for event in reversed(made)]
    assert not address
    assert [have["href"] for have in page.all("a", rel="prev")] == ["?type=order.%2A"]


async def test_a_cursor_of_another_workspace_is_refused(office: Office) -> None:
    foreign = await office.elsewhere(make_event)

    page = seen(await office.owner.get(f"{office.base}/events?starting_after={foreign.id}"))
    assert "names no event of this list" in page.text


async def test_an_event_shows_its_payload_as_it_was_sent_and_its_deliveries(office: Office) -> None:
    webhook = await office.write(make_webhook)
    event = await office.write(lambda call: make_event(call, type="order.placed", payload={"b": 1, "a": "ü"}))

    page = seen(await office.owner.get(f"{office.base}/events/{event.id}"))

    assert event.payload in page.text
    assert page.all("button", **{"data-copy": event.id})
    assert "Pending" in page.text
    assert webhook.url in page.text


async def test_the_payload_can_be_taken_as_a_file(office: Office) -> None:
    event = await office.write(make_event)

    reply = await office.owner.get(f"{office.base}/events/{event.id}/payload")

    assert reply.body.decode() == event.payload
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == f'attachment; filename="{event.id}.json"'


async def test_an_event_is_sent_again_to_the_chosen_endpoints_only(office: Office) -> None:
    chosen = await office.write(make_webhook)
    other = await office.write(make_webhook)
    event = await office.write(lambda call: make_event(call, type="order.placed"))

    reply = await office.owner.post(f"{office.base}/events/{event.id}/redeliver", {"webhook_ids": chosen.id})

    assert "New deliveries of this event are under way." in seen(await office.owner.follow(reply)).text
    assert await _heard(office, event) == sorted([chosen.id, chosen.id, other.id])


@pytest.mark.parametrize("name", ["of nobody", "disabled", "next door", "none"])
async def test_an_event_is_not_sent_to_endpoints_that_cannot_take_it(office: Office, name: str) -> None:
    event = await office.write(make_event)
    disabled = await office.write(lambda call: make_webhook(call, status=Standing.DISABLED))
    foreign = await office.next_door(make_webhook)
    fields = {"of nobody": "wh_0", "disabled": disabled.id, "next door": foreign.id}

    reply = await office.owner.post(
        f"{office.base}/events/{event.id}/redeliver", {"webhook_ids": fields[name]} if name in fields else {}
    )

    assert reply.status == {"disabled": 409, "none": 422}.get(name, 404)


async def test_events_of_others_and_of_other_workspaces_are_missing(office: Office) -> None:
    neighbour = await office.write(make_workspace)
    events = [
        await office.next_door(make_event),
        await office.elsewhere(make_event),
        await office.write(lambda call: make_event(call, workspace=neighbour)),
    ]
    own = await office.write(make_event)

    for event in events:
        for path in (f"/{event.id}", f"/{event.id}/payload"):
            assert (await office.owner.get(f"{office.base}/events{path}")).status == 404
        assert (
            await office.owner.post(f"{office.base}/events/{event.id}/redeliver", {"webhook_ids": "wh_0"})
        ).status == 404
    assert (await office.owner.get(f"/production/harbor/{office.workspace_id}/events")).status == 404
    assert (await office.owner.get(f"/production/harbor/{office.workspace_id}/events/{own.id}")).status == 404
    assert (await office.stranger.get(f"{office.base}/events")).status == 404
    assert (await office.stranger.get(f"{office.base}/events/{own.id}")).status == 404
    assert (await office.owner.get(f"/elsewhere/harbor/{office.workspace_id}/events")).status == 404


async def test_a_form_without_the_token_of_its_session_changes_nothing(office: Office) -> None:
    webhook = await office.write(make_webhook)
    event = await office.write(make_event)
    address = f"{office.base}/events/{event.id}/redeliver"

    for token in ("", "x", office.member.token):
        assert (await office.owner.post(address, {"webhook_ids": webhook.id}, token=token)).status == 403

    assert await _heard(office, event) == [webhook.id]


async def test_a_suspended_workspace_is_read_and_not_written(office: Office) -> None:
    event = await office.write(make_event)
    webhook = await office.write(make_webhook)
    await office.write(lambda call: workspaces.suspend(call, office.workspace_id, reason=SuspensionReason.MANUAL))

    page = seen(await office.owner.get(f"{office.base}/events/{event.id}"))
    listed = seen(await office.owner.get(f"{office.base}/events"))
    refused = await office.owner.post(f"{office.base}/events/{event.id}/redeliver", {"webhook_ids": webhook.id})

    assert "The workspace is suspended" in page.text
    assert not [action for action in page.actions if action.endswith("/redeliver")]
    assert not [link for link in listed.links if link.endswith("/events/new")]
    assert "is suspended" in seen(refused, 403).text


async def test_a_workspace_closed_for_a_breach_of_policy_is_not_read(office: Office) -> None:
    await office.write(lambda call: workspaces.suspend(call, office.workspace_id, reason=SuspensionReason.POLICY))

    assert (await office.owner.get(f"{office.base}/events")).status == 403
    assert Status.SUSPENDED.value.capitalize() in seen(await office.owner.get(f"{office.base}/settings")).text


@pytest.mark.parametrize("text", XSS)
async def test_texts_of_others_are_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    await office.write(lambda call: make_webhook(call, url=f"https://x.example/?{text}", description=text))
    event = await office.write(lambda call: make_event(call, type="order.placed", payload={text: [text, {text: text}]}))

    listed = seen(
        await office.owner.get(f"{office.base}/events?{urlencode({'type': text, 'since': text, 'until': text})}")
    )
    unfiltered = seen(await office.owner.get(f"{office.base}/events"))
    page = seen(await office.owner.get(f"{office.base}/events/{event.id}?whole={urlencode({'': text})}"))

    assert " ".join(event.payload.split()) in page.text
    for one in (listed, unfiltered, page):
        one.assert_harmless()


async def test_a_large_payload_is_shown_from_its_beginning_and_whole_when_asked_for(office: Office) -> None:
    letters = "x" * (256 * 1024 - len('{"a":""}'))
    large = await office.write(lambda call: make_event(call, type="order.placed", payload={"a": letters}))
    wide = await office.write(
        lambda call: make_event(call, type="order.placed", payload={f"k{n}": n for n in range(10_000)})
    )

    for event in (large, wide):
        address = f"{office.base}/events/{event.id}"
        beginning = await office.owner.get(address)
        assert "Show all of it" in seen(beginning).text
        assert event.payload in seen(await office.owner.get(f"{address}?whole=1")).text
        assert (await office.owner.get(f"{address}/payload")).body.decode() == event.payload
    assert len((await office.owner.get(f"{office.base}/events/{large.id}")).body) < 150_000
    assert len((await office.owner.get(f"{office.base}/events")).body) < 50_000


async def test_a_member_reads_sends_and_sends_again(office: Office) -> None:
    webhook = await office.write(make_webhook)
    event = await office.write(make_event)

    page = seen(await office.member.get(f"{office.base}/events/{event.id}"))
    reply = await office.member.post(f"{office.base}/events/{event.id}/redeliver", {"webhook_ids": webhook.id})

    assert page.actions
    assert reply.status == 303


async def _heard(office: Office, event: Event) -> list[str]:
    """The endpoints of all deliveries of an event."""
    found = await office.write(lambda call: service.deliveries_of(call, event, PageRequest(limit=100), ALWAYS, NAME))
    return sorted(delivery.subscription_id for delivery in found.items)
