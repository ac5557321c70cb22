"""Where `next` may lead: to pages of the console, however an address is written."""

from __future__ import annotations

import pytest
from tests.console.doors import hashed, knock
from tests.console.session import BASE, sign_in, stranger
from tests.factories import Organization
from tests.harness import House

from harbor.console.addresses import HOME, wanted

OURS = [
    "/console",
    "/console/",
    "/console/account/sessions",
    "/console/sandbox/harbor/ws_1/events?type=a.b&since=2026-01-01T00:00:00Z",
    "/console/people#role",
]
FOREIGN = [
    "",
    "/",
    "/v1/events",
    "/consoles",
    "//evil.example",
    "//evil.example/console/",
    "///evil.example/console",
    "/\\evil.example/console",
    "\\\\evil.example/console",
    "/console\\..\\..\\evil",
    "/console/..//evil.example",
    "/console/../v1/events",
    "/console/%2e%2e/v1/events",
    "/console/%2E%2E/%2F/evil.example",
    "/console//evil.example",
    "https://evil.example/console/",
    "https:/console/",
    "https:console/",
    "http:///console/",
    "javascript:alert(1)",
    "javascript:/console/alert(1)",
    " /console/",
    "/console/\r\nSet-Cookie: a=b",
    "/console/\tx",
    "\t//evil.example/console/",
    "/console/\u2028x",
    "/console/\u00e4",
    "console/",
    "@evil.example/console/",
    "//user@evil.example/console/",
    "/console/" + "a" * 3_000,
    "http://[::1/console/",
]


@pytest.mark.parametrize("address", OURS)
def test_pages_of_the_console_are_led_to(address: str) -> None:
    assert wanted(address) == address


@pytest.mark.parametrize("address", FOREIGN)
def test_nothing_else_is_led_to(address: str) -> None:
    assert wanted(address) == HOME


async def test_no_foreign_address_survives_signing_in(house: House, acme: Organization) -> None:
    await sign_in(house, acme, email="ada@example.com", password_hash=hashed())
    for address in ("//evil.example", "https://evil.example/console/", "/console/../v1/events", "/\\evil.example"):
        reply = await knock(house, "ada@example.com", next=address)
        assert (reply.status, reply.headers["location"]) == (303, HOME), address


async def test_no_foreign_address_stands_in_the_form(house: House) -> None:
    page = await stranger(house).get(f"{BASE}/sign-in?next=https://evil.example/console/")

    assert page.status == 200
    assert b"evil.example" not in page.body
