"""People of an organization: who may do what with whom, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.console.doors import hashed
from tests.console.session import Browser, sign_in
from tests.factories import Organization
from tests.harness import House

from harbor.kernel.audit import store as audit
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.identity import people, sessions_store
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx


@dataclass(slots=True)
class Crew:
    """One of each role."""

    house: House
    organization: Organization
    owner: Browser
    admin: Browser
    member: Browser

    async def now(self, browser: Browser) -> Person:
        """A person as stored."""
        id_ = who(browser)
        return await self.house.database.read(lambda tx: people.require(tx, self.organization.id, id_))

    async def told(self) -> list[audit.Entry]:
        """What the audit log of the organization says of people, newest first."""
        account = self.organization.production.id
        page = await self.house.database.read(lambda tx: audit.by_id(tx, [account], PageRequest(limit=50)))
        return list(page.items)


def who(browser: Browser) -> str:
    """The id of the person at a browser."""
    assert browser.person is not None
    return browser.person.id


@pytest.fixture
async def crew(house: House, acme: Organization) -> Crew:
    """The people of Acme."""
    return Crew(
        house,
        acme,
        await sign_in(house, acme, name="Olga Owner", password_hash=hashed()),
        await sign_in(house, acme, name="Adam Admin", role=Role.ADMIN, password_hash=hashed()),
        await sign_in(house, acme, name="Mia Member", role=Role.MEMBER, password_hash=hashed()),
    )


async def test_the_list_shows_everybody_of_the_organization_and_nobody_else(house: House, crew: Crew) -> None:
    other = await house.organization("Other")
    await sign_in(house, other, name="Stranger Danger")

    page = (await crew.admin.get("/people")).body.decode()

    assert all(name in page for name in ("Olga Owner", "Adam Admin", "Mia Member"))
    assert "Stranger Danger" not in page
    assert "Next" not in page


async def test_the_list_is_paged(crew: Crew) -> None:
    first = (await crew.owner.get("/people?limit=2")).body.decode()
    second = (await crew.owner.get(f"/people?limit=2&starting_after={who(crew.admin)}")).body.decode()

    assert "Mia Member" in first
    assert f"starting_after={who(crew.admin)}" in first
    assert "Olga Owner" in second.partition("<main")[2]
    assert "starting_after" not in second


async def test_a_member_is_refused_everywhere(crew: Crew) -> None:
    one = f"/people/{who(crew.admin)}"
    pages = [await crew.member.get(path) for path in ("/people", "/people/invite", one, "/system")]
    forms = [
        await crew.member.post(path, fields)
        for path, fields in (
            ("/people/invite", {"email": "new@example.com", "role": "owner"}),
            (f"{one}/role", {"role": "member"}),
            (f"{one}/deactivate", {}),
            (f"{one}/activate", {}),
            (f"{one}/invitation", {}),
            (f"{one}/reset-link", {}),
            (f"{one}/second-step/reset", {}),
            (f"/people/{who(crew.member)}/role", {"role": "owner"}),
        )
    ]

    assert {reply.status for reply in (*pages, *forms)} == {403}
    assert b"Your role does not allow this" in pages[0].body
    assert b"/console/people" not in (await crew.member.get("/account")).body
    assert await crew.told() == []


async def test_another_organizations_person_is_not_there(house: House, crew: Crew) -> None:
    other = await house.organization("Other")
    boss = await sign_in(house, other)
    one = f"/people/{who(crew.member)}"

    replies = [
        await boss.get(one),
        *[
            await boss.post(f"{one}/{word}", {"role": "owner"} if word == "role" else {})
            for word in ("role", "deactivate", "activate", "invitation", "reset-link", "second-step/reset")
        ],
    ]

    assert {reply.status for reply in replies} == {404}
    assert (await crew.now(crew.member)).is_active


async def test_an_administrator_changes_members_and_administrators_but_no_owner(crew: Crew) -> None:
    owner, member = f"/people/{who(crew.owner)}", f"/people/{who(crew.member)}"
    for path, fields in (
        (f"{owner}/role", {"role": "member"}),
        (f"{owner}/deactivate", {}),
        (f"{owner}/reset-link", {}),
        (f"{member}/role", {"role": "owner"}),
        (f"/people/{who(crew.admin)}/role", {"role": "owner"}),
        (f"{member}/reset-link", {}),
    ):
        reply = await crew.admin.post(path, fields)
        assert (reply.status, b"owners_only" in reply.body) == (403, True), path
    assert (await crew.admin.post("/people/invite", {"email": "x@example.com", "role": "owner"})).status == 403
    assert await crew.told() == []

    raised = await crew.admin.post(f"{member}/role", {"role": "admin"})

    assert raised.headers["location"] == f"/console{member}?done=role_changed"
    assert (await crew.now(crew.member)).role is Role.ADMIN
    page = (await crew.admin.get(owner)).body.decode()
    assert "Only an owner may change an owner" in page
    assert 'value="owner"' not in (await crew.admin.get(member)).body.decode()


async def test_a_change_of_role_counts_from_the_next_request_on(crew: Crew) -> None:
    assert (await crew.member.get("/people")).status == 403

    await crew.owner.post(f"/people/{who(crew.member)}/role", {"role": "admin"})
    assert (await crew.member.get("/people")).status == 200
    await crew.owner.post(f"/people/{who(crew.member)}/role", {"role": "member"})
    assert (await crew.member.get("/people")).status == 403


async def test_the_last_owner_stays_one(crew: Crew) -> None:
    one = f"/people/{who(crew.owner)}"

    demoted = await crew.owner.post(f"{one}/role", {"role": "member"})
    closed = await crew.owner.post(f"{one}/deactivate")

    assert (demoted.status, b"last_owner" in demoted.body) == (409, True)
    assert closed.status == 409
    assert (await crew.now(crew.owner)).role is Role.OWNER

    await crew.owner.post(f"/people/{who(crew.admin)}/role", {"role": "owner"})
    gone = await crew.owner.post(f"{one}/role", {"role": "member"})

    assert gone.headers["location"] == "/console/account"
    assert (await crew.now(crew.owner)).role is Role.MEMBER


async def test_nobody_deactivates_oneself(crew: Crew) -> None:
    reply = await crew.admin.post(f"/people/{who(crew.admin)}/deactivate")

    assert (reply.status, b"person_is_you" in reply.body) == (409, True)


async def test_deactivation_ends_sessions_and_can_be_undone(house: House, crew: Crew) -> None:
    one = f"/people/{who(crew.member)}"
    id_ = who(crew.member)

    await crew.owner.post(f"{one}/deactivate")
    await crew.owner.post(f"{one}/deactivate")

    assert (await crew.member.get("/account")).status == 303
    assert await house.database.read(lambda tx: sessions_store.good_of(tx, id_)) == []
    assert b"Deactivated" in (await crew.owner.get(one)).body

    await crew.owner.post(f"{one}/activate")
    assert (await crew.now(crew.member)).is_active
    assert [entry.action for entry in await crew.told()] == ["harbor.person.activated", "harbor.person.deactivated"]


async def test_every_change_is_told_with_ids_and_no_content(crew: Crew) -> None:
    await crew.owner.post("/people/invite", {"email": "nora@example.com", "name": "Nora New", "role": "member"})
    await crew.owner.post(f"/people/{who(crew.member)}/role", {"role": "admin"})
    await crew.owner.post(f"/people/{who(crew.member)}/reset-link")
    await crew.member.post("/account", {"name": "Mia Renamed", "email": "mia@example.com", "username": "mia"})

    entries = await crew.told()
    events = await crew.house.database.read(
        lambda tx: tx.rows("SELECT payload FROM events WHERE type LIKE 'harbor.person.%'")
    )

    assert [entry.action.removeprefix("harbor.person.") for entry in entries] == [
        "updated",
        "reset_link_made",
        "role_changed",
        "invited",
    ]
    assert [entry.actor for entry in entries] == [who(crew.member), *[who(crew.owner)] * 3]
    assert [entry.subject for entry in entries[:3]] == [who(crew.member)] * 3
    assert (entries[2].before, entries[2].after) == ('{"role":"member"}', '{"role":"admin"}')
    text = repr(entries) + repr(events)
    assert not any(word in text for word in ("nora", "Nora", "Mia", "mia@"))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "no address", "role": "member"}, "email"),
        ({"email": "", "role": "member"}, "email"),
        ({"email": "a@example.com", "name": "x" * 121, "role": "member"}, "name"),
        ({"email": "a@example.com", "role": "king"}, "role"),
    ],
)
async def test_an_invitation_that_cannot_be_is_refused(crew: Crew, fields: dict[str, str], field: str) -> None:
    reply = await crew.owner.post("/people/invite", fields)

    assert (reply.status, f'data-field="{field}"' in reply.body.decode()) == (422, True)


async def test_an_email_is_one_persons(house: House, crew: Crew) -> None:
    other = await house.organization("Other")
    await sign_in(house, other, email="taken@example.com")

    reply = await crew.owner.post("/people/invite", {"email": "Taken@Example.com", "role": "member"})

    assert (reply.status, b"email_taken" in reply.body) == (409, True)


async def test_a_role_that_is_taken_away_while_a_form_is_under_way_counts_in_it(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Pipeline._check

    async def check_and_lose(self: Pipeline, request: Request, route: Route, headers: dict[str, str]) -> None:
        await check(self, request, route, headers)

        def lose(tx: Tx) -> None:
            people.change(tx, crew.organization.id, who(crew.admin), role=Role.MEMBER)

        await crew.house.database.write(lose)

    monkeypatch.setattr(Pipeline, "_check", check_and_lose)
    reply = await crew.admin.post(f"/people/{who(crew.member)}/deactivate")

    assert reply.status == 403
    assert (await crew.now(crew.member)).is_active
