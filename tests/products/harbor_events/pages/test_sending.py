"""Test events: the rules and the words of `POST /v1/events`, in a form."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.factories import make_key, make_webhook, make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, quoted, seen

from harbor.kernel.pages import PageRequest
from harbor.kernel.workspaces.model import Status
from harbor.products.harbor_events.event_types import service as event_types
from harbor.products.harbor_events.events import service

WHOLE = 256 * 1024


async def test_an_event_that_is_sent_is_recorded_as_written_delivered_and_shown(office: Office) -> None:
    await office.write(make_webhook)

    reply = await office.owner.post(
        f"{office.base}/events", {"type": "order.shipped", "payload": '{\r\n  "b": 1.0,\n  "a": "ü"\n}\n'}
    )

    page = seen(await office.owner.follow(reply))
    assert "The event is recorded." in page.text
    assert '{"b":1.0,"a":"ü"}' in page.text
    assert office.owner.person is not None
    assert office.owner.person.id in page.text
    assert "Pending" in page.text


@pytest.mark.parametrize(
    ("type_", "payload"),
    [
        ("", "{}"),
        ("order..shipped", "{}"),
        ("harbor.test", "{}"),
        ("x" * 129, "{}"),
        ("order.shipped", ""),
        ("order.shipped", "[]"),
        ("order.shipped", "5"),
        ("order.shipped", "{"),
        ("order.shipped", "{'a': 1}"),
        ("order.shipped", '{"a": 1, "a": 2}'),
        ("order.shipped", '{"a": NaN}'),
        ("order.shipped", '{"a": "\\ud800"}'),
        ("order.shipped", '{"a":' * 70 + "{}" + "}" * 70),
        ("order.shipped", '{"a":"' + "x" * WHOLE + '"}'),
    ],
)
async def test_what_the_api_refuses_is_refused_in_its_words(office: Office, type_: str, payload: str) -> None:
    reply = await office.owner.post(f"{office.base}/events", {"type": type_, "payload": payload})

    assert reply.status in (413, 422)
    told = seen(reply, reply.status).all("p", **{"data-field": "type" if payload == "{}" else "payload"})
    assert told
    error = await _api(office, type_, payload)
    if error is not None:
        assert error["message"].replace("The body", "payload", 1) in seen(reply, reply.status).text
    assert not await _events(office)


@pytest.mark.parametrize(
    "payload", ['{"a":"' + "x" * (WHOLE - 8) + '"}', "{" + ",".join(f'"k{n}": {n}' for n in range(10_000)) + "}"]
)
async def test_the_largest_and_the_widest_payload_are_sent(office: Office, payload: str) -> None:
    reply = await office.owner.post(f"{office.base}/events", {"type": "order.shipped", "payload": payload})

    assert seen(await office.owner.follow(reply))
    assert await _events(office) == [payload.replace(" ", "")]


async def test_a_payload_of_letters_that_take_three_bytes_each_in_a_form_is_sent(office: Office) -> None:
    payload = '{"a":"' + "é" * (WHOLE // 2 - 4) + '"}'

    reply = await office.owner.post(f"{office.base}/events", {"type": "order.shipped", "payload": payload})

    assert reply.status == 303


async def test_the_form_suggests_types_of_the_catalogue_and_begins_with_their_example(office: Office) -> None:
    await office.write(
        lambda call: event_types.put(
            call,
            call.default_workspace(),
            "order.returned",
            description=None,
            json_schema=None,
            example='{"reason":"broken"}',
        )
    )

    page = seen(await office.owner.get(f"{office.base}/events/new?type=order.returned"))

    assert page.all("option", value="order.returned")
    assert page.all("input", name="type", value="order.returned")
    assert '"reason": "broken"' in page.text


@pytest.mark.parametrize("text", XSS)
async def test_a_suggested_type_is_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    page = seen(await office.owner.get(f"{office.base}/events/new?type={quoted(text)}"))

    page.assert_harmless()
    assert page.all("input", name="type")[0]["value"] == text


@pytest.mark.parametrize("text", XSS)
async def test_a_refused_type_is_told_as_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    for fields in ({"type": text, "payload": "{}"}, {"type": "a", "payload": text}, {text: "x"}):
        reply = await office.owner.post(f"{office.base}/events", fields)
        seen(reply, 422).assert_harmless()


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.ARCHIVED])
async def test_a_workspace_that_takes_no_writes_takes_none_here(office: Office, status: Status) -> None:
    closed = await office.write(lambda call: make_workspace(call, status=status))

    reply = await office.owner.post(f"/sandbox/harbor/{closed.id}/events", {"type": "a", "payload": "{}"})

    assert f"is {status}" in seen(reply, 403).text


async def test_nothing_is_sent_without_a_token_or_into_the_workspace_of_another(office: Office) -> None:
    fields = {"type": "order.shipped", "payload": "{}"}

    assert (await office.owner.post(f"{office.base}/events", fields, token="")).status == 403
    assert (await office.owner.post(f"{office.base}/events", fields, token=office.stranger.token)).status == 403
    assert (await office.stranger.post(f"{office.base}/events", fields)).status == 404
    assert (await office.owner.post(f"/production/harbor/{office.workspace_id}/events", fields)).status == 404
    assert not await _events(office)


async def _events(office: Office) -> list[str]:
    found = await office.write(
        lambda call: service.listed(
            call,
            call.default_workspace(),
            PageRequest(limit=10),
            types=[],
            created_after=None,
            created_before=None,
            ascending=False,
        )
    )
    return [event.payload for event in found.items]


async def _api(office: Office, type_: str, payload: str) -> dict[str, Any] | None:
    """The error that the API gives for the same event; None where its words are about the whole body."""
    key = await office.write(make_key)
    client = office.house.client("harbor", {"authorization": f"Bearer {key.secret}"})
    text = (
        msgspec.json.encode({"workspace_id": office.workspace_id, "type": type_})[:-1]
        + f',"payload":{payload}}}'.encode()
    )
    reply = await client.request("POST", "/v1/events", body=text)
    assert reply.status in (400, 413)
    error: dict[str, Any] = reply.json()["error"]
    # What is wrong with the text, or missing, is told with its place in the whole body; and it counts letters itself.
    return error if 1 <= len(type_) <= 128 and payload and error.get("param") else None
