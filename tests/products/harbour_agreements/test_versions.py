"""Versions: golden files for each, every spelling of a path, and pins that do not move. Acceptance lines 3, 7, 21."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.products.harbour_agreements.office import IDENTITY, Office, checked
from tests.products.harbour_agreements.things import EXAMPLE_ID, make_verification

from harbor.kernel.http.request import Mount
from harbor.products.harbour_agreements.routes import ROUTES
from harbor.products.harbour_agreements.spelling import canonical
from harbor.products.harbour_agreements.versions import VERSIONS, since

GOLDEN = Path(__file__).parent / "golden"
KEYS = {"2.0": 10, "2.1": 13, "2.2": 17}


@pytest.mark.parametrize("version", KEYS)
async def test_a_list_is_the_golden_file_of_the_version(one_engine: Office, version: str) -> None:
    await one_engine.write(make_verification)

    reply = await one_engine.ask("GET", f"/v{version}/verifications")

    found = _without_organization(reply.json())
    assert found == json.loads((GOLDEN / f"verifications-{version}.json").read_text())
    assert list(found["items"][0]) == list(
        json.loads((GOLDEN / f"verifications-{version}.json").read_text())["items"][0]
    )
    assert len(found["items"][0]) == KEYS[version]
    assert reply.headers["harbour-version"] == version


@pytest.mark.parametrize("version", ["2.1", "2.2"])
async def test_a_single_one_is_an_item_of_the_list(one_engine: Office, version: str) -> None:
    await one_engine.write(make_verification)
    headers = {"harbour-version": version}

    one = (await one_engine.ask("GET", f"/verifications/{EXAMPLE_ID}", headers=headers)).json()

    listed = (await one_engine.ask("GET", "/verifications", headers=headers)).json()
    assert one == listed["items"][0]


async def test_every_spelling_gives_the_same_bytes(office: Office) -> None:
    await office.write(make_verification)
    for paths in (
        ("/verifications", "/verification", "/v2/verifications", "/v2/verification", "/v2.2/verification"),
        tuple(
            f"{prefix}/{word}/{EXAMPLE_ID}"
            for prefix in ("", "/v2", "/v2.2")
            for word in ("verifications", "verification")
        ),
    ):
        bodies = {(await office.ask("GET", path)).body for path in paths}

        assert len(bodies) == 1, paths


async def test_addresses_keep_the_spelling_of_the_version(one_engine: Office) -> None:
    reply = await one_engine.ask("POST", "/v2.2/verification", checked(IDENTITY))

    assert reply.headers["location"].startswith("https://desk.test/harbour/v2.2/verifications/VERIFICATION-")


async def test_the_first_of_header_path_and_pin_decides(one_engine: Office) -> None:
    pinned = await one_engine.caller(version="2.1")

    async def version(target: str, **headers: str) -> str:
        reply = await pinned.request("GET", target, headers={"harbour-version": v} if (v := headers.get("v")) else None)
        return reply.headers["harbour-version"]

    assert await version("/verifications") == "2.1"
    assert await version("/v2/verifications") == "2.1"
    assert await version("/v2.0/verifications") == "2.0"
    assert await version("/v2.0/verifications", v="2.2") == "2.2"


@pytest.mark.parametrize("word", ["2.9", "3.0", "latest", ""])
async def test_an_unknown_version_is_3001(one_engine: Office, word: str) -> None:
    reply = await one_engine.ask("GET", "/verifications", headers={"harbour-version": word})

    assert (reply.status, reply.json()["error"]) == (422, 3001)


async def test_what_came_later_is_missing_and_says_where_it_is(one_engine: Office) -> None:
    await one_engine.write(make_verification)

    reply = await one_engine.ask("GET", f"/v2.0/verifications/{EXAMPLE_ID}")

    assert (reply.status, reply.json()["error"]) == (404, 4001)
    assert "came with version 2.1" in reply.json()["detail"]


def test_every_route_that_came_later_is_one() -> None:
    names = {route.name for route in ROUTES}

    for change in VERSIONS.changes:
        assert change.adds_routes <= names, change.version
    assert since("verifications.list") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v2.1/webhook/wb_1/events", ("/webhooks/wb_1/events", "/v2.1")),
        ("/verifications-x", ("/verifications-x", "")),
        ("/v1/agreements", ("/v1/agreements", "")),
        ("/v2", ("/", "/v2")),
        ("/v20/verifications", ("/v20/verifications", "")),
    ],
)
def test_paths_have_one_canonical_form(path: str, expected: tuple[str, str]) -> None:
    assert canonical(path) == expected


async def test_without_a_public_address_pages_lie_below_the_prefix(one_engine: Office) -> None:
    client = replace(one_engine.client, mount=Mount(origin="https://desk.test", prefix="/harbour"), headers={})

    body = (await client.request("GET", "/v2.1/verifications")).json()

    assert body["more_info"] == "https://harbour.test/knowledge/errors/2001"


def _without_organization(body: dict[str, Any]) -> dict[str, Any]:
    for item in body["items"]:
        if "organization_id" in item:
            assert item["organization_id"].startswith("ORG-")
            item["organization_id"] = "ORG-AbCd1234"
    return body
