"""The catalogue of event types in the console."""

from __future__ import annotations

from functools import partial

import pytest
from tests.factories import make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, seen

from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.workspaces.model import Status
from harbor.products.harbor_events.event_types import service
from harbor.products.harbor_events.event_types.model import EventType

ENTRY = {
    "name": "order.shipped",
    "description": "A parcel left the house.",
    "schema": '{"type": "object", "required": ["order_id"]}',
    "example": '{"order_id": "ord_77"}',
}


def put(call: Call, name: str = "order.shipped") -> EventType:
    """An entry in the default workspace."""
    made, _ = service.put(call, call.default_workspace(), name, description=None, json_schema=None, example=None)
    return made


async def test_an_entry_is_added_shown_changed_and_deleted(office: Office) -> None:
    address = f"{office.base}/event-types"

    added = await office.owner.post(address, ENTRY)
    listed = seen(await office.owner.follow(added))
    shown = seen(await office.owner.get(listed.rows[0]))
    await office.owner.post(address, {**ENTRY, "description": "Gone by lorry.", "schema": " "})
    changed = await _all(office)
    deleted = await office.owner.post(f"{address}/named/order.shipped/delete")

    assert listed.rows == [f"/console{address}/named/order.shipped"]
    assert "A parcel left the house." in listed.text
    assert '"order_id": "ord_77"' in shown.text
    assert [(one.description, one.json_schema) for one in changed] == [("Gone by lorry.", None)]
    assert "The catalogue is empty" in seen(await office.owner.follow(deleted)).text


async def test_the_catalogue_stands_in_the_order_of_names_and_in_pages(office: Office) -> None:
    for name in ("c", "a", "b", "new"):
        await office.write(partial(put, name=name))

    first = seen(await office.owner.get(f"{office.base}/event-types?limit=2"))
    second = seen(await office.owner.get(f"{office.base}/event-types{first.all('a', rel='next')[0]['href']}"))

    assert [row.rpartition("/")[2] for row in (*first.rows, *second.rows)] == ["a", "b", "c", "new"]
    assert seen(await office.owner.get(second.rows[1])).all("input", name="name", value="new")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "name has 0 characters"),
        ("name", "order..x", "name must be"),
        ("name", "harbor.own", "reserved"),
        ("description", "x" * 2001, "description has 2001 characters"),
        ("schema", "[]", "schema must be an object"),
        ("schema", "{", "schema"),
        ("schema", '{"a": 1, "a": 2}', "schema"),
        ("schema", '{}, "name": "x"', "schema"),
        ("example", "5", "example must be an object"),
        ("example", '{"a":"' + "x" * 65_536 + '"}', "example has"),
    ],
)
async def test_an_entry_that_cannot_be_is_refused_at_its_field(
    office: Office, field: str, value: str, words: str
) -> None:
    reply = await office.owner.post(f"{office.base}/event-types", {**ENTRY, field: value})

    page = seen(reply, 422)
    assert page.all("p", **{"data-field": field})
    assert words in page.text
    assert not await _all(office)


@pytest.mark.parametrize("text", XSS)
async def test_descriptions_schemas_and_examples_are_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    escaped = text.replace('"', '\\"')
    await office.owner.post(
        f"{office.base}/event-types",
        {"name": "a", "description": text, "schema": f'{{"{escaped}": 1}}', "example": f'{{"x": "{escaped}"}}'},
    )

    listed = seen(await office.owner.get(f"{office.base}/event-types"))
    shown = seen(await office.owner.get(f"{office.base}/event-types/named/a"))
    new = seen(await office.owner.get(f"{office.base}/events/new?type=a"))

    assert text.split()[0] in listed.text
    for page in (listed, shown, new):
        page.assert_harmless()
    seen(await office.owner.post(f"{office.base}/event-types", {**ENTRY, "name": text}), 422).assert_harmless()


async def test_a_catalogue_of_another_is_missing_and_nothing_changes_without_a_token(office: Office) -> None:
    await office.write(put)
    address = f"{office.base}/event-types"

    assert (await office.stranger.get(address)).status == 404
    assert (await office.stranger.post(f"{address}/named/order.shipped/delete")).status == 404
    assert (await office.owner.get(f"/production/harbor/{office.workspace_id}/event-types")).status == 404
    assert (await office.owner.get(f"{address}/named/order.lost")).status == 404
    assert (await office.owner.post(f"{address}/named/order.lost/delete")).status == 404
    assert (await office.owner.post(address, ENTRY, token="")).status == 403
    assert (await office.owner.post(f"{address}/named/order.shipped/delete", token="x")).status == 403
    assert [one.name for one in await _all(office)] == ["order.shipped"]


async def test_an_archived_workspace_keeps_its_catalogue_as_it_is(office: Office) -> None:
    archived = await office.write(lambda call: make_workspace(call, status=Status.ARCHIVED))

    assert (await office.owner.get(f"/sandbox/harbor/{archived.id}/event-types")).status == 200
    assert (await office.owner.post(f"/sandbox/harbor/{archived.id}/event-types", ENTRY)).status == 403


async def test_a_member_keeps_the_catalogue_too(office: Office) -> None:
    assert (await office.member.post(f"{office.base}/event-types", ENTRY)).status == 303


async def _all(office: Office) -> list[EventType]:
    span = Span(ascending=True)
    found = await office.write(
        lambda call: service.listed(call, call.default_workspace(), PageRequest(limit=100), span)
    )
    return list(found.items)
