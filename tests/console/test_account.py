"""One's own account: profile, password, sessions."""

from __future__ import annotations

import pytest
from tests.console.doors import PASSWORD, hashed, knock
from tests.console.session import BASE, Browser, another_session, sign_in
from tests.factories import Organization
from tests.harness import House

from harbor.console.account.clients import in_words
from harbor.kernel.identity import sessions_store
from harbor.kernel.identity.people_model import Role

NEW = "a password nobody knows"
EMAIL = "ada@example.com"


@pytest.fixture
async def ada(house: House, acme: Organization) -> Browser:
    """A member, signed in."""
    return await sign_in(house, acme, role=Role.MEMBER, email=EMAIL, password_hash=hashed())


async def test_a_member_changes_name_email_and_username(house: House, ada: Browser) -> None:
    reply = await ada.post("/account", {"name": "Ada L.", "email": "Ada.L@Example.com", "username": "Ada"})

    page = (await ada.follow(reply)).body.decode()
    assert "Your profile is saved" in page
    assert all(f'value="{text}"' in page for text in ("Ada L.", "ada.l@example.com", "ada"))
    assert (await knock(house, "ada.l@example.com")).status == 303
    await ada.post("/account", {"name": "Ada L.", "email": "ada.l@example.com", "username": " "})
    assert 'value="ada"' not in (await ada.get("/account")).body.decode()


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"name": " ", "email": EMAIL}, 422, "name"),
        ({"name": "Ada", "email": "nowhere"}, 422, "email"),
        ({"name": "Ada", "email": EMAIL, "username": "a/b"}, 422, "username"),
        ({"name": "Ada", "email": EMAIL, "username": ".."}, 422, "username"),
        ({"name": "Ada", "email": "bob@example.com"}, 409, "email"),
        ({"name": "Ada", "email": EMAIL, "role": "owner"}, 422, "role"),
    ],
)
async def test_what_a_profile_cannot_be_is_refused(
    house: House, acme: Organization, ada: Browser, fields: dict[str, str], status: int, field: str
) -> None:
    await sign_in(house, acme, email="bob@example.com")

    reply = await ada.post("/account", fields)

    assert (reply.status, f'data-field="{field}"' in reply.body.decode()) == (status, True)


async def test_a_new_password_ends_all_other_sessions(house: House, ada: Browser) -> None:
    assert ada.person is not None
    other = await another_session(house, ada.person)

    reply = await ada.post("/account/password", {"current": PASSWORD, "password": NEW, "again": NEW})

    assert b"Your password is changed" in (await ada.follow(reply)).body
    assert (await other.get("/account")).status == 303
    assert (await knock(house, EMAIL)).status == 401
    assert (await knock(house, EMAIL, NEW)).status == 303


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"current": "wrong", "password": NEW, "again": NEW}, "current"),
        ({"current": "", "password": NEW, "again": NEW}, "current"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "password"),
        ({"current": PASSWORD, "password": NEW, "again": NEW + "!"}, "again"),
    ],
)
async def test_a_password_is_changed_by_who_knows_it_only(
    house: House, ada: Browser, fields: dict[str, str], field: str
) -> None:
    reply = await ada.post("/account/password", fields)

    assert (reply.status, f'data-field="{field}"' in reply.body.decode()) == (422, True)
    assert (await knock(house, EMAIL)).status == 303


async def test_at_an_open_browser_nobody_guesses_the_password_for_long(ada: Browser) -> None:
    guess = {"current": "wrong", "password": NEW, "again": NEW}
    statuses = [(await ada.post("/account/password", guess)).status for _ in range(11)]

    assert statuses == [422] * 10 + [429]


async def test_the_sessions_are_listed_with_their_programs(house: House, ada: Browser) -> None:
    assert ada.person is not None
    await another_session(house, ada.person, client="Mozilla/5.0 (iPhone) Version/17 Mobile Safari/604.1")

    page = (await ada.get("/account/sessions")).body.decode()

    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert page.count("</svg>this one</span>") == 1


async def test_a_revoked_session_is_dead_at_once(house: House, ada: Browser) -> None:
    assert ada.person is not None
    other = await another_session(house, ada.person)
    assert other.session is not None

    reply = await ada.post(f"/account/sessions/{other.session.id}/revoke")
    again = await ada.post(f"/account/sessions/{other.session.id}/revoke")

    assert reply.headers["location"] == f"{BASE}/account/sessions?done=session_ended"
    assert (await other.get("/account")).status == 303
    assert again.status == 404


async def test_another_persons_session_is_not_there(house: House, acme: Organization, ada: Browser) -> None:
    bob = await sign_in(house, acme)
    assert bob.session is not None

    reply = await ada.post(f"/account/sessions/{bob.session.id}/revoke")

    assert reply.status == 404
    assert (await bob.get("/account")).status == 200


async def test_signing_out_everywhere_ends_all_sessions_or_all_but_this(house: House, ada: Browser) -> None:
    person = ada.person
    assert person is not None
    others = [await another_session(house, person) for _ in range(3)]

    await ada.post("/account/sessions/revoke-others")
    kept = await house.database.read(lambda tx: sessions_store.good_of(tx, person.id))
    out = await ada.post("/account/sessions/revoke-all")

    assert [session.id for session in kept] == [ada.session and ada.session.id]
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert {(await browser.get("/account")).status for browser in (ada, *others)} == {303}


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("My own program", "My own program"),
    ],
)
def test_a_program_is_named_in_words(client: str, words: str) -> None:
    assert in_words(client) == words
