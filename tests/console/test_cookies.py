"""Cookies and headers of the console, over TLS and not."""

from __future__ import annotations

import pytest
from tests.console.doors import SIGN_IN, hashed, knock, over_tls
from tests.console.session import sign_in, stranger
from tests.factories import Organization
from tests.harness import House, Reply

_POLICY_PARTS = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'")


async def test_the_sessions_cookie_is_for_the_server_alone_and_for_no_other_site(
    house: House, acme: Organization
) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    cookie = (await knock(house, "ada@example.com")).headers["set-cookie"]

    name, *flags = cookie.split("; ")
    assert name.startswith("harbor_session=")
    assert set(flags) == {"Path=/", "Max-Age=1209600", "HttpOnly", "SameSite=Lax"}


async def test_over_tls_the_cookie_is_bound_to_host_and_tls(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme, email="ada@example.com", password_hash=hashed())

    reply = await knock(house, "ada@example.com", at=over_tls(stranger(house)))

    name, *flags = reply.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-harbor_session=")
    assert {"Secure", "Path=/", "HttpOnly", "SameSite=Lax"} <= set(flags)
    assert not any(flag.startswith("Domain") for flag in flags)
    assert reply.headers["strict-transport-security"]
    # A cookie without the prefix may have been set by somebody without TLS.
    assert (await over_tls(ada).get("/account")).status == 303


async def test_every_reply_of_the_console_carries_the_policy(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme)
    visitor = stranger(house)
    replies = {
        "page": await ada.get("/account"),
        "sign-in": await visitor.get(SIGN_IN),
        "led on": await visitor.get("/account"),
        "not found": await ada.get("/nowhere"),
        "method": await ada.client.request("DELETE", "/account", headers={"cookie": f"harbor_session={ada.secret}"}),
        "no token": await ada.post("/account", {"name": "Ada"}, token=""),
        "invalid": await ada.post("/account", {"name": "", "email": "ada@example.com"}),
        "wrong": await knock(house, "nobody@example.com", "wrong"),
        "no form": await ada.client.request("POST", "/sign-in", {"email": "ada@example.com"}),
        "too large": await ada.client.request(
            "POST", "/sign-in", body=b"email=" + b"a" * 70_000, media_type="application/x-www-form-urlencoded"
        ),
        "bad link": await visitor.get("/join/nothing"),
        "gone on": await ada.post("/account", {"name": "Ada", "email": "ada@example.com"}),
    }

    for what, reply in replies.items():
        policy = reply.headers["content-security-policy"]
        assert all(part in policy for part in _POLICY_PARTS), what
        assert "unsafe" not in policy, what
        assert "frame-ancestors 'none'" in policy, what
        assert reply.headers["x-content-type-options"] == "nosniff", what
        assert reply.headers["cache-control"] == "no-store", what
    assert [reply.status for reply in replies.values()] == [200, 200, 303, 404, 405, 403, 422, 401, 415, 413, 410, 303]


async def test_no_page_has_a_script_or_a_style_of_its_own(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme, email="ada@example.com", password_hash=hashed())
    await ada.post("/account/second-step/begin")
    paths = ("/account", "/account/second-step", "/account/sessions", "/people", "/people/invite", "/system")

    for reply in [await ada.get(path) for path in paths]:
        assert reply.status == 200
        _has_nothing_inline(reply)
    _has_nothing_inline(await stranger(house).get(SIGN_IN))


def _has_nothing_inline(reply: Reply) -> None:
    text = reply.body.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert all("src=" in piece.partition(">")[0] for piece in text.split("<script")[1:])


@pytest.mark.parametrize(
    "other", ['look={"dark":true}', "words=a b", "rights[]=1", "bare", "=x", 'open="', "path=/", "é=1"]
)
async def test_cookies_of_other_programs_on_the_host_do_not_end_a_session(
    house: House, acme: Organization, other: str
) -> None:
    ada = await sign_in(house, acme)
    mine = f"harbor_session={ada.secret}"

    for cookies in (f"{other}; {mine}", f"{mine}; {other}"):
        reply = await ada.client.request("GET", "/account", headers={"cookie": cookies})
        assert reply.status == 200, cookies
