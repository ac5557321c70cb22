"""Harbour's pages as people see them: an administrator walks through all of them, a member sees less. Acceptance line 20."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from tests.console.session import Browser, sign_in
from tests.harness import Reply
from tests.products.harbour_agreements.office import CRIMINAL, IDENTITY, MOTOR_VEHICLE, Office, open_office

from harbor.kernel.clock import ManualClock
from harbor.kernel.identity.people_model import Role
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.storage.database import Database
from harbor.products.harbour_agreements.engine.silence import SILENCE
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.pages import SECTION, places

BASE = "/production/harbour"
CHECKLIST = [("checklist", "licence_valid"), ("checklist", "record_read")]


@pytest.fixture
async def house(sqlite_database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Office]:
    """An organization whose pages are there."""
    async with open_office(sqlite_database, clock, tmp_path, has_console=True) as opened:
        yield opened


async def _person(office: Office, role: Role = Role.OWNER) -> Browser:
    return await sign_in(office.house, office.organization, role=role)


async def _page(browser: Browser, path: str, status: int = 200) -> str:
    reply = await browser.get(path if path.startswith("/") else f"{BASE}/{path}")
    assert reply.status == status, (path, reply.status, reply.body.decode()[-800:])
    return unescape(reply.body.decode())


async def _done(browser: Browser, path: str, fields: object = ()) -> str:
    reply: Reply = await browser.post(f"{BASE}/{path}", fields)  # type: ignore[arg-type]
    if reply.status == 303:
        reply = await browser.follow(reply)
    assert reply.status == 200, (path, reply.status, reply.body.decode()[-800:])
    return unescape(reply.body.decode())


async def test_verifications_are_listed_shown_and_erased(house: Office) -> None:
    ada = await _person(house)
    assert "No verifications yet" in await _page(ada, "verifications")
    made = await house.start(CRIMINAL, verification_metadata={"who": "<script>alert(1)</script>"})
    await house.house.settle()
    id_ = made["verification_id"]

    assert "US criminal record check, tier 2" in await _page(ada, "verifications")
    assert "Nothing found" in await _page(ada, "verifications?search=nothing-like-this")
    reply = await ada.get(f"{BASE}/verifications/{id_}")
    assert b"<script>alert" not in reply.body
    page = unescape(reply.body.decode())
    for words in (
        "Application completely returned",
        "SSN trace",
        "catalogue_edition",
        "Delete the check",
    ):
        assert words in page
    part = re.search(r"verifications/(VERIFICATION-[^\"']+)\"", page.partition("Parts")[2])
    assert part is not None
    assert "Part of" in await _page(ada, f"verifications/{part[1]}")
    refused = await ada.post(f"{BASE}/verifications/{id_}/redact")
    assert refused.status == 422
    assert "is erased" in await _done(ada, f"verifications/{id_}/redact", {"confirm": "yes"})
    await _done(ada, f"verifications/{id_}/delete", {"confirm": "yes"})
    await _page(ada, f"verifications/{id_}", 404)


async def test_a_reviewer_claims_looks_and_decides(house: Office) -> None:
    ada, max_ = await _person(house), await _person(house, Role.MEMBER)
    made = await house.start(MOTOR_VEHICLE, provider="manual_review")
    one = f"reviews/{made['verification_id']}"
    await _page(max_, "reviews", 403)
    assert max_.person is not None
    await _done(ada, "settings", {"reviewers": max_.person.id, "catalogue_edition": "standard-5"})

    assert "Motor vehicle record" in await _page(max_, "reviews")
    assert "is yours" in await _done(max_, f"{one}/claim")
    assert "A colleague is reviewing" in await _page(ada, one)
    reply = await max_.post(f"{BASE}/{one}/evidence", files={"file": ("scan.PDF", b"%PDF-1.7")})
    page = unescape((await max_.follow(reply)).body.decode())
    evidence = re.search(r"evidence/(evd_[a-z0-9]+)", page)
    assert evidence is not None
    file = await max_.get(f"{BASE}/{one}/evidence/{evidence[1]}")
    assert (file.body, file.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert file.headers["content-disposition"].startswith("attachment")
    assert (await max_.post(f"{BASE}/{one}/evidence", files={"file": ("a.exe", b"MZ")})).status == 422
    for fields in ([("result", "verified")], [], [("result", "rejected")]):
        assert (await max_.post(f"{BASE}/{one}/decide", fields)).status == 422, fields
    assert "The check is decided" in await _done(max_, f"{one}/decide", [*CHECKLIST, ("result", "verified")])
    assert (await house.now(made))["result"] == "verified"
    assert "Nothing waits" in await _page(max_, "reviews")


async def test_a_webhook_is_made_watched_and_switched(house: Office) -> None:
    ada = await _person(house)
    assert "No webhooks yet" in await _page(ada, "webhooks")
    await _page(ada, "webhooks/new")
    fields = [
        ("destination_url", house.receiver.url("/page")),
        ("event_types", "verification"),
        ("notification_emails", "a@example.com\nb@example.com"),
    ]
    assert (await ada.post(f"{BASE}/webhooks", [("destination_url", "https://10.0.0.1/")])).status == 422
    made = await _done(ada, "webhooks", fields)
    assert "whsec_" in made
    found = re.search(r"webhooks/(wb_[0-9a-f]+)", made)
    assert found is not None
    one = f"webhooks/{found[1]}"
    await house.start(IDENTITY)
    await house.house.settle()

    page = await _page(ada, one)
    assert "Delivered" in page
    assert "b@example.com" in page
    event = re.search(r"events/(EVENT-[0-9a-f_]+)", page)
    assert event is not None
    assert '"event_type": "verification"' in await _page(ada, f"{one}/events/{event[1]}")
    assert "due now" in await _done(ada, f"{one}/events/{event[1]}/redeliver")
    assert "No event is in this state" in await _page(ada, f"{one}?status=dead")
    await _page(ada, f"{one}/edit")
    assert "is changed" in await _done(ada, one, [*fields, ("event_types", "agreement.signed")])
    assert "whsec_" in await _done(ada, f"{one}/rotate")
    assert "sent again" in await _done(ada, f"{one}/recover", {"days": "7"})
    assert "This webhook is off" in await _done(ada, f"{one}/off")
    assert "The webhook is on" in await _done(ada, f"{one}/on")
    assert "is deleted" in await _done(ada, f"{one}/delete", {"confirm": "yes"})


async def test_only_administrators_see_and_make_keys_and_a_key_is_shown_once(house: Office) -> None:
    ada, max_ = await _person(house), await _person(house, Role.MEMBER)
    integrations = "settings/integrations"
    for path in (integrations, f"{integrations}/new", "settings"):
        await _page(max_, path, 403)
    assert (await max_.post(f"{BASE}/{integrations}", {"name": "Mine", "scopes": "verifications:read"})).status == 403
    await _page(ada, f"{integrations}/new")
    fields = [("name", "Reader"), ("scopes", "verifications:read"), ("version", "2.1"), ("allowed_cidrs", "10.0.0.0/8")]
    assert (await ada.post(f"{BASE}/{integrations}", [("name", "None")])).status == 422

    made = await _done(ada, integrations, fields)

    secret = re.search(r"APIKEY-[0-9]{13}_[0-9a-f]{32}", made)
    assert secret is not None
    assert secret[0] not in await _page(ada, integrations)
    client = replace(house.client, headers={"x-api-key": secret[0]})
    assert (await client.request("GET", "/verifications")).headers["harbour-version"] == "2.1"
    key = re.search(r"integrations/(key_[a-z0-9]+)", made)
    assert key is not None
    assert "verifications:read" in await _page(ada, f"{integrations}/{key[1]}")
    assert "APIKEY-" in await _done(ada, f"{integrations}/{key[1]}/rotate", {"overlap": "3600"})
    assert "is revoked" in await _done(ada, f"{integrations}/{key[1]}/revoke", {"confirm": "yes"})
    assert (await client.request("GET", "/verifications")).status == 401


async def test_an_organization_chooses_for_itself(house: Office) -> None:
    ada = await _person(house)
    assert "methaqualone" in await _page(ada, "settings")
    fields = {"time_zone": "America/New_York", "panel_drug": "90", "two_person_reviews": "true"}
    assert "are saved" in await _done(ada, "settings", fields)

    found = await house.write(lambda call: organizations.of_account(call.tx, call.account_id))
    assert (found.time_zone, dict(found.retention_days)) == ("America/New_York", {"panel_drug": 90})
    assert found.two_person_reviews
    for wrong in ({"panel_drug": "many"}, {"panel_drug": "0"}, {"time_zone": "Nowhere"}, {"catalogue_edition": "x"}):
        assert (await ada.post(f"{BASE}/settings", wrong)).status == 422, wrong


async def test_a_check_that_waits_too_long_is_told_of_on_every_page(house: Office) -> None:
    made = await house.start(MOTOR_VEHICLE, provider="manual_review")
    house.clock.advance(4 * 86_400)
    ada = await _person(house)
    await house.write(lambda call: jobs.enqueue(call.tx, "system", SILENCE, {}, job_id=call.new_id("job_")))
    await house.house.settle()

    page = await _page(ada, "webhooks")

    assert "has waited longer than its provider promised" in page
    assert f"verifications/{made['verification_id']}" in page


def test_what_changes_something_is_for_administrators_or_reviewers() -> None:
    scopes = {route.scope for route in SECTION.routes if route.writes}

    assert scopes == {places.MANAGE, places.REVIEW}
    assert places.MANAGE not in SECTION.member_scopes
