"""A company moves from one account to another, and everything about it is the same afterwards."""

from __future__ import annotations

from typing import Any

from tests.products.harvest_timesheets.importing.company import PICTURE, fill
from tests.products.harvest_timesheets.importing.compared import KEYS, everything
from tests.products.harvest_timesheets.importing.source import World

from harbor.kernel.call import Call
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT
from harbor.kernel.pages import PageRequest
from harbor.kernel.rotation import store as rotated
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.importing.jobs import TIDY
from harbor.products.harvest_timesheets.importing.model import FLOOR_STEP
from harbor.products.harvest_timesheets.product import SEALED


async def test_an_account_is_imported_whole_and_a_second_import_changes_nothing(world: World) -> None:
    await fill(world.there)
    before = await mails(world)

    done = await world.run()

    assert (done["state"], done["progress"]["done"]) == ("done", done["progress"]["total"]), done
    there, here = await everything(world.there.admin, KEYS), await everything(world.here.admin, KEYS)
    nina = next(user for user in here["users"] if user["email"] == "nina@example.com")
    assert nina["id"] > FLOOR_STEP
    here["users"].remove(nina)
    assert {name: here.get(name) for name in there} == there
    report = await world.here.admin.got(f"/v2/imports/{done['id']}/report")
    assert report["is_complete"]
    assert {each["problem"] for each in report["first_problems"]} <= {
        "differs: statement_key is another one",  # both accounts are in one installation, where keys are unique
        "differs: client_key is another one",
    }
    assert [each for each in report["totals"] if each["differing"]] == []
    await receipts_are_here(world)
    await what_is_made_here_has_larger_ids(world)
    assert await mails(world) == before
    assert await secrets_kept(world) == []

    again = await world.run()

    assert again["state"] == "done"
    assert again["updated_since"] is not None
    assert all(each["added"] == each["changed"] == 0 for each in again["counts"])
    now = await everything(world.here.admin, KEYS)
    assert {name: now[name] for name in there if name not in ("users", "clients")} == {
        name: there[name] for name in there if name not in ("users", "clients")
    }


async def test_what_changed_at_the_source_is_changed_here_by_the_next_import(sqlite_world: World) -> None:
    world = sqlite_world
    made = await fill(world.there)
    world.house.clock.advance(3_600)
    await world.run()
    world.house.clock.advance(3_600)
    entry = made["entries"][3]["id"]
    await world.there.admin.changed(f"/v2/time_entries/{entry}", {"hours": 3.5})
    await world.there.admin.changed(f"/v2/time_entries/{made['entries'][4]['id']}/stop")
    new = await world.there.client(name="Later Ltd")
    await world.there.admin.made(f"/v2/invoices/{made['invoice']['id']}/payments", {"amount": 5})

    done = await world.run()

    found = await world.here.admin.got(f"/v2/time_entries/{entry}")
    assert found["hours"] == 3.5
    assert (await world.here.admin.got(f"/v2/clients/{new['id']}"))["name"] == "Later Ltd"
    counts = {each["resource"]: (each["added"], each["changed"]) for each in done["counts"]}
    assert counts["time_entries"] == (0, 2)
    assert counts["clients"] == (1, 0)
    assert counts["invoice_payments"] == (1, 0)
    assert "users" not in counts or counts["users"] == (0, 0)
    seen = {each["resource"]: each["seen"] for each in done["counts"]}
    assert seen["projects"] == 0  # only what has changed is asked for


async def test_an_import_that_is_broken_off_anywhere_goes_on_where_it_was(sqlite_world: World) -> None:
    world = sqlite_world
    await fill(world.there)
    requests = 0

    def break_off(_url: str, _headers: object) -> None:
        nonlocal requests
        requests += 1
        if requests % 19 == 0:
            raise ConnectionAbortedError("as if the process had ended")

    world.wire.before = break_off
    done = await world.run()
    for _ in range(100):
        if done["state"] in ("done", "failed"):
            break
        world.house.clock.advance(3_600)
        await world.house.settle()
        done = await world.here.admin.got(f"/v2/imports/{done['id']}")

    assert done["state"] == "done", done
    there, here = await everything(world.there.admin, KEYS), await everything(world.here.admin, KEYS)
    here["users"] = [user for user in here["users"] if user["email"] != "nina@example.com"]
    assert {name: here.get(name) for name in there} == there
    counts = {each["resource"]: (each["seen"], each["added"]) for each in done["counts"]}
    assert counts["time_entries"] == (5, 5)


async def receipts_are_here(world: World) -> None:
    listed = (await world.here.admin.got("/v2/expenses"))["expenses"]
    with_receipt = next(each for each in listed if each["receipt"])
    reply = await world.here.admin.client.request("GET", f"/expenses/{with_receipt['id']}/receipt")
    assert reply.body == PICTURE


async def what_is_made_here_has_larger_ids(world: World) -> None:
    made = await world.here.client()
    assert made["id"] > FLOOR_STEP


async def mails(world: World) -> int:
    return await world.house.database.read(lambda tx: _count(tx, "SELECT COUNT(*) AS n FROM mails"))


async def secrets_kept(world: World) -> list[Any]:
    return await world.house.database.read(lambda tx: tx.rows("SELECT id FROM harvest_imports WHERE token IS NOT NULL"))


def _count(tx: Tx, sql: str) -> int:
    row = tx.row(sql)
    assert row is not None
    return int(row["n"])


async def test_the_token_of_an_import_whose_job_is_lost_is_erased(sqlite_world: World) -> None:
    world = sqlite_world
    await world.start()
    account = world.here.organization.production

    def lose(call: Call) -> None:
        job = queue.listing(call.tx, account.id, PageRequest(limit=1)).items[0]
        queue.cancel(call.tx, account.id, job.id)
        queue.enqueue(call.tx, SYSTEM_ACCOUNT, TIDY, {}, job_id="tidy")

    await world.house.write(account, lose)
    assert len(await secrets_kept(world)) == 1
    await world.house.settle()

    assert await secrets_kept(world) == []
    assert (await world.here.admin.got("/v2/imports/1"))["state"] == "failed"


async def test_an_import_tells_of_each_kind_and_not_of_each_record(sqlite_world: World) -> None:
    world = sqlite_world
    await fill(world.there)
    account = world.here.organization.production

    def count(call: Call) -> dict[str, int]:
        sql = "SELECT type, COUNT(*) AS n FROM events WHERE account_id = :account_id GROUP BY type"
        return {row["type"]: row["n"] for row in call.tx.rows(sql, account_id=account.id)}

    before = await world.house.read(account, count)
    await world.run()
    after = await world.house.read(account, count)

    told = {type_: n - before.get(type_, 0) for type_, n in after.items() if n != before.get(type_, 0)}
    assert told == {
        "harvest.import.started": 1,
        "harvest.company.updated": 1,
        "harvest.import.copied": 21,
        "harvest.import.finished": 1,
    }


async def test_a_rotation_of_the_master_key_goes_through_the_tokens_of_imports(world: World) -> None:
    await world.start()
    [column] = SEALED

    first = await world.house.database.write(lambda tx: rotated.after(tx, column, None, 10))
    key = [first[0][name] for name in column.key]
    beyond = await world.house.database.read(lambda tx: rotated.after(tx, column, key, 10))

    assert await world.house.database.write(lambda tx: rotated.replace(tx, column, first[0], "another"))
    assert beyond == []
