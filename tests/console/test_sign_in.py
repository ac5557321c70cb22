"""Signing in and out of the console."""

from __future__ import annotations

from dataclasses import replace

from tests.console.doors import PASSWORD, came_in, hashed, knock, secret_in
from tests.console.session import BASE, another_session, sign_in, stranger
from tests.factories import Organization
from tests.harness import House

from harbor.kernel.identity import people, sessions_store
from harbor.kernel.identity.secrets import digest


async def test_the_right_password_opens_a_session(house: House, acme: Organization) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    reply = await knock(house, " Ada@Example.com ")

    assert (reply.status, reply.headers["location"]) == (303, f"{BASE}/sandbox")
    page = await came_in(reply, stranger(house)).get("/account")
    assert page.status == 200
    assert b"ada@example.com" in page.body


async def test_a_wrong_password_shows_the_form_again_with_the_email_and_without_the_password(
    house: House, acme: Organization
) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    wrong = await knock(house, "ada@example.com", "not the password at all")
    unknown = await knock(house, "bob@example.com", "not the password at all")

    assert wrong.status == unknown.status == 401
    assert b'data-error data-code="sign_in_refused"' in wrong.body
    assert b'value="ada@example.com"' in wrong.body
    assert b"not the password" not in wrong.body
    assert wrong.body.replace(b"ada@", b"bob@") == unknown.body
    assert "set-cookie" not in wrong.headers


async def test_after_ten_wrong_passwords_the_right_one_has_to_wait(house: House, acme: Organization) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())
    for _ in range(10):
        assert (await knock(house, "ada@example.com", "wrong")).status == 401

    refused = await knock(house, "ada@example.com")
    house.clock.advance(15 * 60)
    taken = await knock(house, "ada@example.com")

    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert b"too_many_sign_ins" in refused.body
    assert taken.status == 303


async def test_a_session_that_was_there_before_is_dead_and_its_secret_is_not_taken_over(
    house: House, acme: Organization
) -> None:
    before = await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    reply = await knock(house, "ada@example.com", at=before)

    assert secret_in(reply) != before.secret
    assert (await before.get("/account")).status == 303
    assert (await came_in(reply, before).get("/account")).status == 200


async def test_a_secret_that_somebody_else_chose_becomes_no_session(house: House, acme: Organization) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())
    planted = replace(stranger(house), secret="chosen-by-the-attacker")

    reply = await knock(house, "ada@example.com", at=planted)

    assert secret_in(reply) != planted.secret
    assert (await planted.get("/account")).status == 303
    assert await house.database.read(lambda tx: sessions_store.by_digest(tx, digest(planted.secret))) is None


async def test_a_page_asked_for_without_a_session_is_where_one_comes_out(house: House, acme: Organization) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    asked = await stranger(house).get("/account/sessions?done=session_ended")
    page = await stranger(house).follow(asked)
    reply = await knock(house, "ada@example.com", next=f"{BASE}/account/sessions?done=session_ended")

    assert asked.headers["location"] == f"{BASE}/sign-in?next=/console/account/sessions%3Fdone%3Dsession_ended"
    assert b'value="/console/account/sessions?done=session_ended"' in page.body
    assert b"Your session has ended" not in page.body
    assert reply.headers["location"] == f"{BASE}/account/sessions?done=session_ended"


async def test_a_revoked_session_leads_to_signing_in_and_says_why(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme)
    assert ada.person is not None
    person_id = ada.person.id
    await house.database.write(lambda tx: sessions_store.revoke_all(tx, person_id))

    asked = await ada.get("/account")
    sent = await ada.post("/account", {"name": "Eve", "email": "eve@example.com"})

    assert asked.status == 303
    assert asked.headers["location"].endswith("&ended=true")
    assert "Max-Age=0" in asked.headers["set-cookie"]
    assert b"Your session has ended" in (await stranger(house).follow(asked)).body
    assert sent.status == 401
    assert b'data-code="session_ended"' in sent.body


async def test_a_session_ends_after_a_fortnight_and_with_the_person(house: House, acme: Organization) -> None:
    ada, bob = await sign_in(house, acme), await sign_in(house, acme)
    assert bob.person is not None
    bob_id = bob.person.id

    await house.database.write(lambda tx: people.change(tx, acme.id, bob_id, is_active=False))
    assert (await bob.get("/account")).status == 303
    assert (await ada.get("/account")).status == 200
    house.clock.advance(14 * 86_400)

    assert (await ada.get("/account")).status == 303


async def test_signing_out_ends_this_session_and_no_other(house: House, acme: Organization) -> None:
    here = await sign_in(house, acme)
    assert here.person is not None
    there = await another_session(house, here.person)

    reply = await here.post("/sign-out")

    assert reply.headers["location"] == f"{BASE}/sign-in?done=signed_out"
    assert "Max-Age=0" in reply.headers["set-cookie"]
    assert b"You are signed out" in (await stranger(house).follow(reply)).body
    assert (await here.get("/account")).status == 303
    assert (await there.get("/account")).status == 200


async def test_nobody_signs_in_who_was_deactivated_or_has_no_password(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme, email="ada@example.com", password_hash=hashed())
    await sign_in(house, acme, email="bob@example.com")
    await sign_in(house, acme)
    assert ada.person is not None
    ada_id = ada.person.id
    await house.database.write(lambda tx: people.change(tx, acme.id, ada_id, is_active=False))

    replies = [await knock(house, "ada@example.com"), await knock(house, "bob@example.com", "")]

    assert [reply.status for reply in replies] == [401, 401]
    assert PASSWORD.encode() not in replies[0].body
