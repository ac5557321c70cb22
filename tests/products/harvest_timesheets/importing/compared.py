"""Both accounts as a client reads them, list by list, without what must differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.products.harvest_timesheets.office import Desk

LISTS = (
    "users",
    "roles",
    "clients",
    "contacts",
    "tasks",
    "projects",
    "user_assignments",
    "task_assignments",
    "expense_categories",
    "invoice_item_categories",
    "estimate_item_categories",
    "estimates",
    "invoices",
    "time_entries",
    "expenses",
)
OF_ONE = (
    ("users", "billable_rates", "billable_rates"),
    ("users", "cost_rates", "cost_rates"),
    ("users", "project_assignments", "project_assignments"),
    ("estimates", "messages", "estimate_messages"),
    ("invoices", "messages", "invoice_messages"),
    ("invoices", "payments", "invoice_payments"),
)
# Addresses carry the host, and what counts up with a timer goes on.
UNLIKE = frozenset({"avatar_url", "url", "permissions_claims"})
KEYS = frozenset({"client_key", "statement_key"})


async def everything(desk: Desk, without: frozenset[str] = frozenset()) -> dict[str, list[Any]]:
    """All lists of an account, by address."""
    found: dict[str, list[Any]] = {}
    for name in LISTS:
        found[name] = await _all(desk, f"/v2/{name}", name)
    for of, path, key in OF_ONE:
        for each in found[of]:
            address = f"{of}/{each['id']}/{path}"
            found[address] = await _all(desk, f"/v2/{address}", key)
    return {address: [dict(_plain(each, UNLIKE | without)) for each in items] for address, items in found.items()}


async def _all(desk: Desk, path: str, key: str) -> list[Any]:
    found: list[Any] = []
    page: int | None = 1
    while page is not None:
        body = await desk.got(f"{path}?page={page}")
        found += body[key]
        page = body["next_page"]
    return found


def _plain(thing: dict[str, Any], without: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name, value in thing.items():
        if name not in without:
            yield name, dict(_plain(value, without)) if isinstance(value, dict) else value
