"""The second step: set up in the account, asked for at the door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
from tests.console.doors import PASSWORD, SECOND_STEP, SIGN_IN, came_in, hashed, knock, secret_in, step_cookie
from tests.console.session import BASE, Browser, another_session, sign_in, stranger
from tests.factories import Organization
from tests.harness import House, Reply

from harbor.kernel.clock import real_now
from harbor.kernel.identity import people, sessions_store
from harbor.kernel.identity.people_model import Role

EMAIL = "ada@example.com"
STEP = timedelta(seconds=30)


@dataclass(slots=True)
class Phone:
    """Ada, her browser, and the app in her hand."""

    house: House
    browser: Browser
    secret: str
    codes: list[str]

    def code(self, steps: int = 0) -> str:
        """What the app shows, or showed, or will show."""
        return pyotp.TOTP(self.secret).at(real_now() + steps * STEP)

    async def after_password(self) -> dict[str, str]:
        """The header of the cookie that the right password gives."""
        return step_cookie(await knock(self.house, EMAIL))

    async def type(self, code: str, cookie: dict[str, str], *, next: str = "") -> Reply:
        """The reply to the form of the code."""
        browser = stranger(self.house)
        return await browser.post(SECOND_STEP, {"code": code, "next": next}, token="", headers=cookie)


@pytest.fixture
async def phone(house: House, acme: Organization) -> Phone:
    """Ada has switched on her second step."""
    ada = await sign_in(house, acme, email=EMAIL, password_hash=hashed())
    await ada.post("/account/second-step/begin")
    page = (await ada.get("/account/second-step")).body.decode()
    found = re.search(r'data-copy="([A-Z2-7 ]{32,})"', page)
    assert found is not None
    secret = found[1].replace(" ", "")
    done = await ada.post("/account/second-step/confirm", {"code": pyotp.TOTP(secret).at(real_now() - STEP)})
    assert done.status == 200
    shown = done.body.decode().partition("<pre")[2].partition("</pre>")[0]
    codes = re.findall(r"\b[0-9a-z]{5}-[0-9a-z]{5}\b", shown)
    return Phone(house, ada, secret, codes)


async def test_the_set_up_shows_secret_and_picture_until_it_was_confirmed(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme, email=EMAIL)
    before = await ada.get("/account/second-step")
    await ada.post("/account/second-step/begin")
    during = await ada.get("/account/second-step")
    wrong = await ada.post("/account/second-step/confirm", {"code": "12345"})
    await ada.post("/account/second-step/cancel")
    after = await ada.get("/account/second-step")

    assert b"<svg width" not in before.body
    assert b'class="qr"' in during.body
    assert (wrong.status, b'data-field="code"' in wrong.body) == (422, True)
    assert b'class="qr"' not in after.body


async def test_ten_recovery_codes_are_shown_once(phone: Phone) -> None:
    again = await phone.browser.get("/account/second-step")

    assert len(set(phone.codes)) == 10
    assert not any(code in again.body.decode() for code in phone.codes)
    assert phone.secret not in again.body.decode().replace(" ", "")


async def test_the_password_alone_opens_no_session(phone: Phone) -> None:
    reply = await knock(phone.house, EMAIL, next=f"{BASE}/people")
    cookie = step_cookie(reply)

    assert reply.headers["location"] == f"{SECOND_STEP}?next=/console/people"
    assert "harbor_session" not in reply.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=300"} <= set(reply.headers["set-cookie"].split("; "))
    page = await stranger(phone.house).get(f"{SECOND_STEP}?next=/console/people", headers=cookie)
    assert b'value="/console/people"' in page.body
    token = cookie["cookie"].partition("=")[2]
    assert (await stranger(phone.house).get("/account", headers={"cookie": f"harbor_session={token}"})).status == 303


async def test_password_and_code_open_a_session(phone: Phone) -> None:
    reply = await phone.type(phone.code(), await phone.after_password(), next=f"{BASE}/people")

    assert (reply.status, reply.headers["location"]) == (303, f"{BASE}/people")
    assert (await came_in(reply, stranger(phone.house)).get("/account")).status == 200


async def test_a_code_is_taken_once(phone: Phone) -> None:
    cookie, code = await phone.after_password(), phone.code()

    first = await phone.type(code, cookie)
    again = await phone.type(code, cookie)
    elsewhere = await phone.type(code, await phone.after_password())
    next_one = await phone.type(phone.code(1), await phone.after_password())

    assert first.status == 303
    assert (again.status, elsewhere.status) == (401, 401)
    assert b"second_step_refused" in again.body
    assert "set-cookie" not in again.headers
    assert next_one.status == 303


async def test_a_recovery_code_is_taken_once_and_few_left_are_told_of(phone: Phone) -> None:
    first = await phone.type(phone.codes[0], await phone.after_password())
    again = await phone.type(phone.codes[0], await phone.after_password())
    for code in phone.codes[1:7]:
        assert (await phone.type(code, await phone.after_password())).headers["location"] == f"{BASE}/sandbox"
    last = await phone.type(phone.codes[7], await phone.after_password())

    assert (first.status, again.status) == (303, 401)
    assert last.headers["location"] == f"{BASE}/account/second-step?done=few_codes"
    assert b"Few recovery codes" in (await came_in(last, stranger(phone.house)).follow(last)).body


async def test_without_the_password_a_code_is_worth_nothing(phone: Phone) -> None:
    cookie = await phone.after_password()
    name, _, token = cookie["cookie"].partition("=")
    changed = token[:40] + ("A" if token[40] != "A" else "B") + token[41:]
    for bad in ({}, {"cookie": f"{name}="}, {"cookie": f"{name}={changed}"}, {"cookie": f"{name}=x.y"}):
        asked = await stranger(phone.house).get(SECOND_STEP, headers=bad)
        sent = await phone.type(phone.code(), bad)
        assert (asked.status, asked.headers.get("location")) == (303, SIGN_IN), bad
        assert (sent.status, b"step_over" in sent.body) == (401, True), bad


async def test_the_way_between_the_steps_ends_after_five_minutes(phone: Phone) -> None:
    cookie = await phone.after_password()
    phone.house.clock.advance(5 * 60)

    assert (await phone.type(phone.code(), cookie)).status == 401


async def test_the_way_between_the_steps_ends_with_the_password_and_with_the_person(
    phone: Phone, acme: Organization
) -> None:
    assert phone.browser.person is not None
    person_id = phone.browser.person.id
    first = await phone.after_password()
    other = hashed("another password for ada")
    await phone.house.database.write(lambda tx: people.set_password(tx, acme.id, person_id, other))
    assert (await phone.type(phone.code(), first)).status == 401

    await sign_in(phone.house, acme)
    second = step_cookie(await knock(phone.house, EMAIL, "another password for ada"))
    await phone.house.database.write(lambda tx: people.change(tx, acme.id, person_id, is_active=False))
    assert (await phone.type(phone.code(), second)).status == 401


async def test_after_ten_wrong_codes_the_right_one_has_to_wait(phone: Phone) -> None:
    cookie = await phone.after_password()
    for _ in range(10):
        assert (await phone.type("000000x", cookie)).status == 401

    refused = await phone.type(phone.code(), cookie)
    phone.house.clock.advance(15 * 60)
    taken = await phone.type(phone.code(), await phone.after_password())

    assert (refused.status, b"too_many_sign_ins" in refused.body) == (429, True)
    assert taken.status == 303


async def test_the_session_there_was_ends_with_the_second_step_too(phone: Phone) -> None:
    cookie = await phone.after_password()
    both = {"cookie": f"harbor_session={phone.browser.secret}; {cookie['cookie']}"}

    reply = await stranger(phone.house).post(SECOND_STEP, {"code": phone.code()}, token="", headers=both)

    assert secret_in(reply) != phone.browser.secret
    assert (await phone.browser.get("/account")).status == 303


async def test_switching_it_off_takes_the_password(phone: Phone) -> None:
    wrong = await phone.browser.post("/account/second-step/off", {"current": "a wrong password"})
    still = await knock(phone.house, EMAIL)
    right = await phone.browser.post("/account/second-step/off", {"current": PASSWORD})
    after = await knock(phone.house, EMAIL)

    assert (wrong.status, b'data-field="current"' in wrong.body) == (422, True)
    assert still.headers["location"].startswith(SECOND_STEP)
    assert right.headers["location"].endswith("?done=second_step_off")
    assert after.headers["location"] == f"{BASE}/sandbox"


async def test_cancelling_leaves_a_confirmed_one_on(phone: Phone) -> None:
    await phone.browser.post("/account/second-step/cancel")

    assert (await knock(phone.house, EMAIL)).headers["location"] == SECOND_STEP


async def test_an_owner_resets_the_second_step_of_another_and_an_administrator_does_not(
    phone: Phone, house: House, acme: Organization
) -> None:
    person = phone.browser.person
    assert person is not None
    await another_session(house, person)
    admin = await sign_in(house, acme, role=Role.ADMIN)
    owner = await sign_in(house, acme)

    refused = await admin.post(f"/people/{person.id}/second-step/reset")
    done = await owner.post(f"/people/{person.id}/second-step/reset")
    again = await owner.post(f"/people/{person.id}/second-step/reset")

    assert (refused.status, done.status, again.status) == (403, 303, 409)
    assert await house.database.read(lambda tx: sessions_store.good_of(tx, person.id)) == []
    assert (await knock(house, EMAIL)).headers["location"] == f"{BASE}/sandbox"
