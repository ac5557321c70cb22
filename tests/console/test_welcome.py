"""The first run: who installed Harbor says who that is."""

from __future__ import annotations

import pytest
from tests.console.doors import hashed, knock
from tests.console.session import BASE, Browser, another_session, sign_in
from tests.factories import Organization
from tests.harness import House

from harbor.kernel.identity import store as identity

FIRST = "admin@localhost.localdomain"
NEW = "a password nobody knows"
FIELDS = {"organization": "Acme Ltd", "name": "Ada", "email": "ada@example.com", "password": NEW, "again": NEW}


@pytest.fixture
async def first(house: House, acme: Organization) -> Browser:
    """The first administrator, signed in with the initial password."""
    return await sign_in(house, acme, email=FIRST, name="Administrator", password_hash=hashed())


async def test_until_it_is_done_every_page_leads_there(first: Browser) -> None:
    before = await first.get("/account")
    page = await first.get("/welcome")
    await first.post("/welcome", FIELDS)
    after = await first.get("/account")

    link = b'href="/console/welcome"'
    assert (link in before.body, link in page.body, link in after.body) == (True, False, False)


async def test_it_names_organization_and_person_and_replaces_the_password(
    house: House, acme: Organization, first: Browser
) -> None:
    assert first.person is not None
    other = await another_session(house, first.person)

    reply = await first.post("/welcome", FIELDS)

    organization = await house.database.read(lambda tx: identity.organization(tx, acme.id))
    assert organization is not None
    assert organization.name == "Acme Ltd"
    assert reply.headers["location"] == f"{BASE}/sandbox"
    assert b"Acme Ltd" in (await first.get("/account")).body
    assert (await other.get("/account")).status == 303
    assert (await knock(house, FIRST)).status == 401
    assert (await knock(house, "ada@example.com", NEW)).status == 303


async def test_it_is_done_once(first: Browser) -> None:
    await first.post("/welcome", FIELDS)

    page = await first.get("/welcome")
    again = await first.post("/welcome", {**FIELDS, "organization": "Eve Ltd"})

    assert (page.status, page.headers["location"]) == (303, f"{BASE}/sandbox")
    assert (again.status, b"set_up_done" in again.body) == (409, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"organization": " "}, "organization"),
        ({"organization": "x" * 121}, "organization"),
        ({"name": ""}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"email": "other@localhost.localdomain"}, "email"),
        ({"password": "short", "again": "short"}, "password"),
        ({"again": "another one"}, "again"),
    ],
)
async def test_what_is_missing_changes_nothing(
    house: House, first: Browser, changes: dict[str, str], field: str
) -> None:
    reply = await first.post("/welcome", {**FIELDS, **changes})

    assert (reply.status, f'data-field="{field}"' in reply.body.decode()) == (422, True)
    assert (await knock(house, FIRST)).status == 303


async def test_nobody_comes_back_to_it_by_taking_the_made_up_e_mail_again(
    house: House, acme: Organization, first: Browser
) -> None:
    await first.post("/welcome", FIELDS)

    for email in (FIRST, " Admin@LocalHost.LocalDomain "):
        taken = await first.post("/account", {"name": "Ada", "email": email})
        asked = await first.post("/people/invite", {"email": email, "name": "Ada", "role": "owner"})
        assert (taken.status, asked.status) == (422, 422)
    again = await first.post(
        "/welcome", {**FIELDS, "password": "another one by a stranger", "again": "another one by a stranger"}
    )

    assert again.status == 409
    assert (await knock(house, "ada@example.com", NEW)).status == 303


async def test_who_has_the_made_up_e_mail_may_change_the_rest_of_the_profile(first: Browser) -> None:
    assert (await first.post("/account", {"name": "Root", "email": FIRST})).status == 303
