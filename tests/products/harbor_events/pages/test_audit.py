"""The audit log in the console."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from tests.factories import make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, quoted, seen

from harbor.products.harbor_events.pages.audit import Change, changes
from harbor.products.harbor_events.workspaces import service

AUDIT = "/sandbox/harbor/audit"


async def test_a_change_is_shown_with_who_did_it_and_what_it_was_before(office: Office) -> None:
    await office.owner.post(f"{office.base}/settings", {"name": "Fulfilment"})

    page = seen(await office.owner.get(AUDIT))

    assert office.owner.person is not None
    for words in ("workspace.updated", office.workspace_id, office.owner.person.id, '"Default"', '"Fulfilment"'):
        assert words in page.text
    assert page.all("del")
    assert page.all("ins")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"action": "harbor.workspace.created"}, 1),
        ({"action": "workspace"}, 0),
        ({"actor": "system"}, 2),
        ({"actor": "nobody"}, 0),
        ({"since": "2026-05-25T13:00"}, 1),
        ({"until": "2026-05-25T13:00"}, 1),
    ],
)
async def test_the_log_is_narrowed(office: Office, asked: dict[str, str], count: int) -> None:
    made = await office.write(lambda call: service.create(call, name="Shop", environment=None))
    office.house.clock.advance(7_200)
    await office.write(lambda call: service.rename(call, made.id, name="Other"))

    page = seen(await office.owner.get(f"{AUDIT}?{urlencode(asked)}"))

    assert len([link for link in page.links if link.startswith("?subject=")]) == count
    assert ("No act fits" in page.text) is (count == 0)
    subject = seen(await office.owner.get(f"{AUDIT}?subject={made.id}"))
    assert len([link for link in subject.links if link.startswith("?subject=")]) == 2


async def test_the_pages_show_every_act_once(office: Office) -> None:
    for name in ("a", "b", "c"):
        await office.write(partial(service.create, name=name, environment=None))

    first = seen(await office.owner.get(f"{AUDIT}?limit=2"))
    second = seen(await office.owner.get(f"{AUDIT}{first.all('a', rel='next')[0]['href']}"))

    subjects = [link for page in (first, second) for link in page.links if link.startswith("?subject=")]
    assert len(set(subjects)) == 3


async def test_members_do_not_see_the_log(office: Office) -> None:
    assert (await office.member.get(AUDIT)).status == 403
    assert f"/console{AUDIT}" not in seen(await office.member.get(f"{office.base}/events")).links
    assert f"/console{AUDIT}" in seen(await office.owner.get(f"{office.base}/events")).links


async def test_the_acts_of_others_are_not_in_the_log(office: Office) -> None:
    theirs = await office.next_door(lambda call: service.create(call, name="Theirs", environment=None))
    live = await office.elsewhere(lambda call: service.create(call, name="Live", environment=None))

    page = seen(await office.owner.get(AUDIT))

    assert theirs.id not in page.text
    assert live.id not in page.text
    assert live.id in seen(await office.owner.get("/production/harbor/audit")).text


@pytest.mark.parametrize("query", ["since=x", "until=0000", "starting_after=aud_0"])
async def test_a_filter_that_cannot_be_is_explained(office: Office, query: str) -> None:
    assert seen(await office.owner.get(f"{AUDIT}?{query}")).all("div", **{"class": "note bad"})


@pytest.mark.parametrize("text", XSS)
async def test_what_people_wrote_is_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    made = await office.write(lambda call: make_workspace(call, name=text))
    await office.owner.post(f"/sandbox/harbor/{made.id}/settings", {"name": f"{text}!"})

    page = seen(await office.owner.get(AUDIT))
    narrowed = seen(await office.owner.get(f"{AUDIT}?actor={quoted(text)}&action={quoted(text)}&since={quoted(text)}"))

    page.assert_harmless()
    narrowed.assert_harmless()


def test_a_change_is_told_field_by_field() -> None:
    assert changes('{"a":1,"b":[1, 2]}', '{"a":1,"b":[2],"c":null}') == [
        Change("a", "1", "1"),
        Change("b", "[1, 2]", "[2]"),
        Change("c", None, "null"),
    ]
    assert changes(None, None) == []
