"""The frame: who calls, in which order things are checked, how errors, pages and bodies look."""

from __future__ import annotations

from tests.products.harvest_timesheets.office import AGENT, Office

WORDS = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
}


async def test_a_person_sees_themselves(office: Office) -> None:
    me = await office.admin.got("/v2/users/me")

    assert (me["first_name"], me["access_roles"]) == ("Ada", ["administrator"])
    assert me["default_hourly_rate"] is None
    assert me["timezone"] == "Eastern Time (US & Canada)"


async def test_checks_come_in_their_order(office: Office) -> None:
    nobody = office.house.client("harvest", {})
    named = office.house.client("harvest", AGENT)
    token = {**AGENT, "Authorization": f"bearer {office.opened.token}"}
    lost = office.house.client("harvest", token)
    elsewhere = office.house.client("harvest", {**token, "Harvest-Account-Id": "4711"})

    assert (await nobody.request("GET", "/v2/nothing")).status == 400
    no_token = await named.request("GET", "/v2/nothing")
    assert (no_token.status, no_token.json()) == (401, WORDS)
    no_account = await lost.request("GET", "/v2/nothing")
    assert (no_account.status, no_account.json()) == (401, WORDS)
    assert (await elsewhere.request("GET", "/v2/company")).status == 404
    nowhere = await office.admin.ask("GET", "/v2/nothing")
    assert (nowhere.status, nowhere.json()["error"]) == (404, "Not Found")
    assert (await office.admin.ask("DELETE", "/v2/company")).status == 404
