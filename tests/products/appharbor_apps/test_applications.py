"""Applications: slugs, rights, what may be changed, and what goes with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.appharbor_apps.conftest import BASE, Harbor, open_harbor

from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import Invalid
from harbor.kernel.storage.database import Database
from harbor.products.appharbor_apps.applications.rules import RESERVED, SLUG, numbered, slug_of
from harbor.products.appharbor_apps.setup import Setup


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Hello World", "helloworld"),
        ("Tide Tables", "tidetables"),
        ("my-app", "my-app"),
        ("--My--App--", "my-app"),
        ("Gezeiten für Ärmel", "gezeitenfurarmel"),
        ("a" * 34, "a" * 34),
        ("x" * 62 + "-y", "x" * 62),
    ],
)
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=100), st.integers(0, 300))
def test_a_slug_is_always_a_label(name: str, number: int) -> None:
    try:
        slug = slug_of(name)
    except Invalid:
        return
    assert SLUG.fullmatch(slug)
    assert SLUG.fullmatch(numbered(slug, number))
    assert slug not in RESERVED


@pytest.mark.parametrize("name", ["", "   ", "!!!", "日本", "API", "git", "x" * 121, "a\x07b"])
async def test_a_name_that_gives_no_address_is_refused(one: Harbor, name: str) -> None:
    assert (await one.ada.ask("POST", "/applications", {"name": name})).status == 400


async def test_an_application_is_made_changed_and_deleted(harbor: Harbor) -> None:
    body = {"name": "Tide Tables", "region_identifier": "amazon-web-services::eu-west-1"}
    reply = await harbor.ada.ask("POST", "/applications", body)

    assert (reply.status, reply.body) == (201, b"")
    assert reply.headers["location"] == f"{BASE}/applications/tidetables"
    shown = {**body, "slug": "tidetables"}
    assert await harbor.ada.get("/applications/tidetables") == shown
    assert await harbor.ada.get("/applications") == [{**shown, "url": f"{BASE}/applications/tidetables"}]
    changed = await harbor.ada.ask("PUT", "/applications/tidetables", {"name": "Ebb"})
    assert (changed.status, changed.body) == (200, b"")
    assert (await harbor.ada.get("/applications/tidetables"))["name"] == "Ebb"
    assert (await harbor.ada.ask("DELETE", "/applications/tidetables")).status == 204
    assert (await harbor.ada.ask("DELETE", "/applications/tidetables")).status == 404


async def test_a_second_of_the_same_owner_is_a_conflict_and_of_another_gets_a_number(harbor: Harbor) -> None:
    await harbor.application()

    assert (await harbor.ada.ask("POST", "/applications", {"name": "tide-tables"})).status == 201
    assert (await harbor.ada.ask("POST", "/applications", {"name": "TideTables"})).status == 409
    assert await harbor.grace.create("/applications", {"name": "Tide Tables"}) == "tidetables-1"


async def test_the_slug_of_a_deleted_one_is_held_for_a_day(harbor: Harbor) -> None:
    slug = await harbor.application()
    await harbor.ada.ask("DELETE", f"/applications/{slug}")

    assert await harbor.grace.create("/applications", {"name": "Tide Tables"}) == f"{slug}-1"
    assert await harbor.ada.create("/applications", {"name": "Tide Tables"}) == slug
    await harbor.ada.ask("DELETE", f"/applications/{slug}")
    harbor.house.clock.advance(24 * 3600)
    assert await harbor.grace.create("/applications", {"name": "TideTables"}) == slug


@pytest.mark.parametrize("region", [None, "", "amazon-web-services::us-east-1"])
async def test_no_region_is_the_first_one(one: Harbor, region: str | None) -> None:
    slug = await one.application(region_identifier=region)

    assert (await one.ada.get(f"/applications/{slug}"))["region_identifier"] == "amazon-web-services::us-east-1"


async def test_an_unknown_region_is_refused(one: Harbor) -> None:
    assert (await one.ada.ask("POST", "/applications", {"name": "A", "region_identifier": "mars"})).status == 400


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"Application.IsFileSystemWritable=true", "application/x-www-form-urlencoded"),
        (b"isFileSystemWritable=True", "application/x-www-form-urlencoded"),
        (b'{"ISFILESYSTEMWRITABLE": "true"}', "application/json"),
        (b'{"tracking_branch": "release", "health_check_path": "/up"}', None),
    ],
)
async def test_settings_are_changed_by_whatever_name_clients_use(
    one: Harbor, body: bytes, media_type: str | None
) -> None:
    slug = await one.application()

    reply = await one.ada.ask("PUT", f"/applications/{slug}", body=body, media_type=media_type)

    assert reply.status == 200, reply.body


@pytest.mark.parametrize("body", [{}, {"slug": "x"}, {"name": ""}, {"health_check_path": "x"}, {"precompilation": "x"}])
async def test_a_change_of_nothing_or_to_nonsense_is_refused(one: Harbor, body: dict[str, str]) -> None:
    slug = await one.application()

    assert (await one.ada.ask("PUT", f"/applications/{slug}", body)).status == 400


@pytest.mark.parametrize(("role", "edit", "delete"), [("collaborator", 403, 403), ("administrator", 200, 403)])
async def test_only_the_owner_deletes(one: Harbor, role: str, edit: int, delete: int) -> None:
    slug = await one.application()
    await one.collaborator(slug, role)

    assert [each["slug"] for each in await one.grace.get("/applications")] == [slug]
    assert (await one.grace.ask("PUT", f"/applications/{slug}", {"name": "x"})).status == edit
    assert (await one.grace.ask("DELETE", f"/applications/{slug}")).status == delete


async def test_precompilation_is_turned_off(one: Harbor) -> None:
    slug = await one.application()

    assert (await one.ada.ask("DELETE", f"/applications/{slug}/precompilation")).status == 204


async def test_a_plan_that_is_full_asks_for_payment(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    setup = Setup(public_url=BASE, applications_max=1, hostnames_max=0)
    async with open_harbor(sqlite_database, clock, tmp_path, setup) as harbor:
        slug = await harbor.application()

        assert (await harbor.ada.ask("POST", "/applications", {"name": "Two"})).status == 402
        assert (await harbor.ada.ask("POST", f"/applications/{slug}/hostnames", {"value": "a.test"})).status == 402


async def test_the_build_token_is_of_one_application_and_can_be_replaced(harbor: Harbor) -> None:
    slug = await harbor.application()
    target = f"/applications/{slug}/buildtoken"

    first = (await harbor.ada.get(target))["token"]
    second = (await harbor.ada.ask("POST", target)).json()["token"]

    assert first != second == (await harbor.ada.get(target))["token"]


async def test_the_banner_is_html(one: Harbor) -> None:
    reply = await one.client().request("GET", "/header")

    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
