"""Roles and users in the console."""

from __future__ import annotations

import json

from tests.products.harper_tables.pages.workshop import DOG, Workshop

from harbor.products.harper_tables.access import roles
from harbor.products.harper_tables.access.model import Role
from harbor.products.harper_tables.catalog import api as catalog


async def test_a_role_is_made_ticked_given_and_dropped(workshop: Workshop) -> None:
    await workshop.dogs()
    made = await workshop.post("roles/~new", {"role": "reader", "kind": "tables"})
    fields = [("database", "data"), ("tables", "dog"), ("opened", "0"), ("limited", "0")]
    ticks = [("grants", each) for each in ("read 0", "update 0", "read 0 name", "update 0 age")]
    saved = await workshop.post("roles/reader", [*fields, *ticks])
    added = await workshop.post(
        "users/new", {"username": "mira", "password": "pine-cone-7", "role": "reader", "active": "true"}
    )
    at = next(row for row in (await workshop.page("users")).rows).removeprefix("/console")
    kept = await workshop.post("roles/reader/drop", {"confirm": "reader"}, status=409)

    assert "Say what it grants." in made.text
    assert saved.ticked("grants") == {"read 0", "update 0", "read 0 name", "update 0 age"}
    assert "2 of 5 attributes" in saved.text
    assert "can sign in" in added.text
    assert "active user(s) tied to this role" in kept.refusal[1]

    off = await workshop.post(at, {"role": "reader"})
    changed = await workshop.post(at, {"role": "reader", "active": "true", "password": "another-cone-8"})
    weak = await workshop.post(at, {"role": "reader", "active": "true", "password": "x" * 300}, status=422)
    await workshop.post(f"{at}/drop", {"confirm": "Mira"}, status=422)
    none = await workshop.post(f"{at}/drop", {"confirm": "mira"})
    gone = await workshop.post("roles/reader/drop", {"confirm": "reader"})

    assert "State Inactive" in off.text
    assert "State Active" in changed.text
    assert "Password is too long" in weak.refusal[1]
    assert "No users yet" in none.text
    assert "No roles yet" in gone.text


async def test_a_role_can_be_written_as_json_and_says_all_that_is_wrong(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    await on_sqlite.post("roles/~new", {"role": "builder", "kind": "structure"})
    bad = {"super_user": 1, "data": {"tables": {"wings": {}}}, "operations": ["fly"]}
    refused = await on_sqlite.post("roles/builder/json", {"permission": json.dumps(bad)}, status=422)
    flags = dict.fromkeys(("read", "insert", "update", "delete"), False)
    good = {"data": {"tables": {"dog": {**flags, "read": True, "attribute_permissions": []}}}, "operations": ["sql"]}
    written = await on_sqlite.post("roles/builder/json", {"permission": json.dumps(good)})
    page = await on_sqlite.page("roles/builder")

    assert refused.refusal[0] == "permission"
    for words in ("Value for 'super_user' permission must be a boolean", "Table 'data.wings' does not exist", "'fly'"):
        assert words in refused.refusal[1]
    assert "The role is saved." in written.text
    assert page.ticked("grants") == {"read 0"}
    assert "Operations sql" in page.text


async def test_a_table_that_is_gone_does_not_hold_a_role_back(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    await on_sqlite.post("databases/~new-table", {"table": "cat", "primary_key": "id"})
    await on_sqlite.post("roles/~new", {"role": "reader"})
    await on_sqlite.post(
        "roles/reader",
        [("database", "data"), ("tables", "dog"), ("tables", "cat"), *[("grants", f"read {n}") for n in (0, 1)]],
    )
    await on_sqlite.do(catalog.drop_table, table="cat")
    told = await on_sqlite.page("roles/reader")
    await on_sqlite.post(
        "roles/reader", [("database", "data"), ("tables", "dog"), ("grants", "read 0"), ("grants", "insert 0")]
    )

    def look(call: object) -> Role | None:
        return roles.named(call, "reader")  # type: ignore[arg-type]

    role = await on_sqlite.house.read(on_sqlite.organization.sandbox, look)
    assert "It names tables that are gone: data.cat." in told.text
    assert role is not None
    assert list(role.permission["data"]["tables"]) == ["dog"]


async def test_the_last_super_user_stays(on_sqlite: Workshop) -> None:
    await on_sqlite.post("roles/~new", {"role": "super_user", "kind": "super"})
    await on_sqlite.post(
        "users/new", {"username": "root", "password": "pine-cone-7", "role": "super_user", "active": "true"}
    )
    at = (await on_sqlite.page("users")).rows[0].removeprefix("/console")
    refused = await on_sqlite.post(f"{at}/drop", {"confirm": "root"}, status=422)
    matrix = await on_sqlite.page("roles/super_user")
    blank = await on_sqlite.post("users/new", {"username": "", "password": "", "role": ""}, status=422)

    assert "no active super_user" in refused.refusal[1]
    assert "nothing to tick" in matrix.text
    assert blank.refusal[1].startswith("Username can't be blank,Password can't be blank,Role can't be blank")
    assert len((await on_sqlite.page("users")).rows) == 1
    assert (await on_sqlite.member.get(at)).status == 403
    assert (await on_sqlite.stranger.get(at)).status == 404
    assert (await on_sqlite.owner.get(f"{DOG}/records")).status == 404
