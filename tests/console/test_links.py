"""Links to join and to another password: who holds one may do that, once, for a while."""

from __future__ import annotations

import re

import pytest
from tests.console.doors import came_in, hashed, knock
from tests.console.session import BASE, Browser, open_console, sign_in, stranger
from tests.factories import Organization
from tests.harness import House, Reply

from harbor.kernel.clock import ManualClock
from harbor.kernel.identity import people, people_store
from harbor.kernel.identity.people_model import Person, Role
from harbor.kernel.storage.database import Database

NEW = "a password nobody knows"
FIELDS = {"name": "Nora New", "password": NEW, "again": NEW}
EMAIL = "nora@example.com"


@pytest.fixture
async def owner(house: House, acme: Organization) -> Browser:
    """An owner."""
    return await sign_in(house, acme, name="Olga Owner")


async def invited(owner: Browser, *, email: str = EMAIL, role: str = "member") -> str:
    """The path of a new invitation."""
    reply = await owner.post("/people/invite", {"email": email, "name": "Nora", "role": role})
    return link_in(reply)


def link_in(reply: Reply) -> str:
    """The path of the link that is shown."""
    assert reply.status == 200, reply.body
    found = re.search(r"http://desk\.test(/console/(?:join|reset)/[\w.-]+)", reply.body.decode())
    assert found is not None
    return found[1]


async def find(house: House, email: str = EMAIL) -> Person:
    """The person with an e-mail."""
    person = await house.database.read(lambda tx: people_store.by_email(tx, email))
    assert person is not None
    return person


async def test_who_was_invited_chooses_name_and_password_and_is_in(house: House, owner: Browser) -> None:
    link = await invited(owner)

    page = await stranger(house).get(link)
    reply = await stranger(house).post(link, FIELDS, token="")

    assert EMAIL in page.body.decode()
    assert "Acme" in page.body.decode()
    assert (reply.status, reply.headers["location"]) == (303, f"{BASE}/sandbox")
    assert b"Nora New" in (await came_in(reply, stranger(house)).get("/account")).body
    assert (await knock(house, EMAIL, NEW)).status == 303
    assert (await find(house)).role is Role.MEMBER
    rows = await house.database.read(
        lambda tx: tx.rows("SELECT actor, subject FROM audit WHERE action = 'harbor.person.joined'")
    )
    assert [(row["actor"], row["subject"]) for row in rows] == [((await find(house)).id,) * 2]


async def test_an_invitation_is_good_once(house: House, owner: Browser) -> None:
    link = await invited(owner)
    await stranger(house).post(link, FIELDS, token="")

    page = await stranger(house).get(link)
    reply = await stranger(house).post(link, {**FIELDS, "password": "x" * 20, "again": "x" * 20}, token="")

    assert (page.status, reply.status) == (410, 410)
    assert b"link_over" in reply.body
    assert (await knock(house, EMAIL, NEW)).status == 303


async def test_an_invitation_ends_after_seven_days(house: House, owner: Browser) -> None:
    link = await invited(owner)
    house.clock.advance(7 * 86_400 - 1)
    in_time = await stranger(house).get(link)
    house.clock.advance(1)

    assert (in_time.status, (await stranger(house).get(link)).status) == (200, 410)
    assert (await stranger(house).post(link, FIELDS, token="")).status == 410


async def test_a_changed_or_foreign_token_opens_nothing(house: House, owner: Browser) -> None:
    link = await invited(owner)
    head, _, token = link.rpartition("/")
    changed = [
        token[:30] + ("A" if token[30] != "A" else "B") + token[31:],
        token[:-8],
        token + "AAAA",
        token.replace(".", ""),
        token.upper(),
        "aaaaaaaa." + token.partition(".")[2],
        "x",
        "..",
        "%F0%9F%92%A9",
        "a" * 250,
    ]

    for text in changed:
        assert (await stranger(house).get(f"{head}/{text}")).status in (404, 410), text
        assert (await stranger(house).post(f"{head}/{text}", FIELDS, token="")).status in (404, 410), text
    # A token is for one use only.
    assert (await stranger(house).get(f"{BASE}/reset/{token}")).status == 410
    assert (await find(house)).password_hash is None


async def test_who_was_deactivated_does_not_join(house: House, acme: Organization, owner: Browser) -> None:
    link = await invited(owner)
    id_ = (await find(house)).id
    await owner.post(f"/people/{id_}/deactivate")

    refused = await stranger(house).post(link, FIELDS, token="")
    new_link = await owner.post(f"/people/{id_}/invitation")

    assert (refused.status, new_link.status) == (410, 409)
    assert acme.id == (await find(house)).organization_id


async def test_another_link_to_join_is_given_until_the_person_joined(house: House, owner: Browser) -> None:
    first = await invited(owner)
    id_ = (await find(house)).id
    second = link_in(await owner.post(f"/people/{id_}/invitation"))
    await stranger(house).post(second, FIELDS, token="")

    assert first != second
    assert (await stranger(house).get(first)).status == 410
    assert (await owner.post(f"/people/{id_}/invitation")).status == 409


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "short", "again": "short"}, "password_too_short"),
        ({"password": "x" * 300, "again": "x" * 300}, "password_too_long"),
        ({"password": EMAIL, "again": EMAIL}, "password_is_email"),
        ({"again": "something else entirely"}, "invalid"),
        ({"name": "  "}, "invalid"),
        ({"name": "x" * 200}, "invalid"),
    ],
)
async def test_what_cannot_be_chosen_brings_the_form_back(
    house: House, owner: Browser, changes: dict[str, str], code: str
) -> None:
    link = await invited(owner)

    reply = await stranger(house).post(link, {**FIELDS, **changes}, token="")

    assert (reply.status, f'data-code="{code}"' in reply.body.decode()) == (422, True)
    assert NEW not in reply.body.decode()
    assert (await find(house)).password_hash is None
    assert (await stranger(house).post(link, FIELDS, token="")).status == 303


async def test_a_link_to_another_password_ends_all_sessions(house: House, acme: Organization, owner: Browser) -> None:
    nora = await sign_in(house, acme, email=EMAIL, password_hash=hashed())
    link = link_in(await owner.post(f"/people/{(await find(house)).id}/reset-link"))

    reply = await stranger(house).post(link, {"password": NEW, "again": NEW}, token="")

    assert reply.headers["location"] == f"{BASE}/sign-in?done=password_reset"
    assert (await nora.get("/account")).status == 303
    assert (await knock(house, EMAIL)).status == 401
    assert (await knock(house, EMAIL, NEW)).status == 303
    assert (await stranger(house).get(link)).status == 410


async def test_a_link_to_another_password_ends_with_the_password_and_after_a_day(
    house: House, acme: Organization, owner: Browser
) -> None:
    await sign_in(house, acme, email=EMAIL, password_hash=hashed())
    id_ = (await find(house)).id
    first = link_in(await owner.post(f"/people/{id_}/reset-link"))
    other = hashed("another password for nora")
    await house.database.write(lambda tx: people.set_password(tx, acme.id, id_, other))
    second = link_in(await owner.post(f"/people/{id_}/reset-link"))
    still_good = await stranger(house).get(second)
    house.clock.advance(86_400)

    assert still_good.status == 200
    assert (await stranger(house).get(first)).status == 410
    assert (await stranger(house).get(second)).status == 410


async def test_a_link_is_mailed_where_mails_go_out(
    database: Database, clock: ManualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mailing")
    async with open_console(database, clock, folder, tools={"mails_go_out": True}) as house:
        owner = await sign_in(house, await house.organization("Acme\r\nBcc: all@example.com"))

        reply = await owner.post("/people/invite", {"email": EMAIL, "role": "member"})

        mails = await database.read(lambda tx: tx.rows("SELECT recipient, subject, text FROM mails"))
        assert b"on its way" in reply.body
        assert [(row["recipient"], row["subject"]) for row in mails] == [
            (EMAIL, "Join Acme Bcc: all@example.com on Harbor")
        ]
        assert link_in(reply) in mails[0]["text"]


async def test_a_link_to_join_ends_with_another_role(house: House, owner: Browser) -> None:
    link = await invited(owner)
    nora = await find(house)
    await owner.post(f"/people/{nora.id}/role", {"role": "owner"})

    reply = await stranger(house).post(link, FIELDS, token="")

    assert reply.status == 410
    fresh = link_in(await owner.post(f"/people/{nora.id}/invitation"))
    assert (await stranger(house).post(fresh, FIELDS, token="")).status == 303
