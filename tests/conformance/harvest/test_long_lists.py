"""2,001 things, one more than a page has: by number, by cursor and by the links."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.products.harvest_timesheets.office import Office

from harbor.kernel.call import Call

COUNT = 2_001


async def test_all_of_2001_are_found_by_number_cursor_and_links(company: Office) -> None:
    await company.write(_fill)
    newest_first = list(range(COUNT, 0, -1))

    by_number, page = [], 1
    while page:
        part = await company.admin.got(f"/v2/clients?page={page}")
        by_number += [each["id"] for each in part["clients"]]
        page = part["next_page"]

    first = await company.admin.got("/v2/clients")
    assert (first["total_entries"], first["total_pages"], first["per_page"], len(first["clients"])) == (
        COUNT,
        2,
        2000,
        2000,
    )
    assert "cursor=" in first["links"]["next"]
    assert by_number == newest_first
    assert await _by_links(company, "/v2/clients", "clients") == newest_first
    assert await _by_links(company, "/v2/time_entries", "time_entries") == newest_first


async def _by_links(office: Office, target: str, key: str) -> list[int]:
    """As those walk who replace their whole address by the next one."""
    found: list[int] = []
    while target:
        part = await office.admin.got(target)
        found += [each["id"] for each in part[key]]
        url = urlsplit(part["links"]["next"] or "")
        target = f"{url.path}?{url.query}" if url.path else ""
    return found


def _fill(call: Call) -> None:
    now, account_id = call.tx.now_us, call.account_id
    names = (
        "account_id",
        "id",
        "name",
        "name_key",
        "is_active",
        "statement_key",
        "currency",
        "created_at",
        "updated_at",
    )
    clients = [
        dict(zip(names, (account_id, id_, f"C{id_}", f"c{id_}", 1, f"k{id_}", "USD", now, now), strict=True))
        for id_ in range(1, COUNT + 1)
    ]
    call.tx.run_many(_insert("harvest_clients", clients[0]), clients)
    project = {
        **dict.fromkeys(("is_fixed_fee", "budget_is_monthly", "notify_when_over_budget", "show_budget_to_all"), 0),
        "account_id": account_id,
        "id": 1,
        "client_id": 1,
        "name": "P",
        "name_key": "p",
        "is_active": 1,
        "is_billable": 1,
        "bill_by": "none",
        "budget_by": "none",
        "over_budget_notification_percentage_e2": 8000,
        "cost_budget_include_expenses": 0,
        "created_at": now,
        "updated_at": now,
    }
    call.tx.run_many(_insert("harvest_projects", project), [project])
    entry = {
        **dict.fromkeys(("billable", "budgeted", "is_billed"), 0),
        **dict.fromkeys(("user_id", "project_id", "task_id", "client_id"), 1),
        "account_id": account_id,
        "hours_e2": 100,
        "rounded_e2": 100,
        "spent_on": "2026-05-04",
        "approval_status": "unsubmitted",
        "created_at": now,
        "updated_at": now,
    }
    entries: list[dict[str, object]] = [{**entry, "id": id_} for id_ in range(1, COUNT + 1)]
    call.tx.run_many(_insert("harvest_time_entries", entries[0]), entries)
    call.tx.run(
        "INSERT INTO harvest_time_totals (account_id, entries) VALUES (:account_id, :n)", account_id=account_id, n=COUNT
    )


def _insert(table: str, row: dict[str, object]) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
