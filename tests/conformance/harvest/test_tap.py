"""Everything as singer's tap-harvest reads it: page after page by `next_page`, from a moment on, children by their parents.

The tap never looks at links. It takes the ids of nested objects, and what is not there ends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.products.harvest_timesheets.office import Json, Office

START: Final = "2020-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a stream is read, under which key, which nested objects it takes ids of, and its children by their parent."""

    key: str
    path: str = ""
    nested: str = ""
    children: tuple[Stream, ...] = ()
    is_filtered: bool = True

    @property
    def target(self) -> str:
        """The address, with a place for the parent's id."""
        return self.path or self.key


STREAMS: Final = (
    Stream("clients"),
    Stream("contacts", nested="client"),
    Stream("roles", is_filtered=False),  # the vendor's page knows no updated_since there; the tap looks itself
    Stream("projects", nested="client"),
    Stream("tasks"),
    Stream("task_assignments", nested="project task"),
    Stream("user_assignments", nested="project user"),
    Stream(
        "users",
        children=(Stream("project_assignments", path="users/{}/project_assignments", nested="project client"),),
    ),
    Stream("expenses", nested="client project expense_category user user_assignment invoice"),
    Stream("expense_categories"),
    Stream(
        "invoices",
        nested="client estimate retainer creator",
        children=(
            Stream("invoice_messages", path="invoices/{}/messages"),
            Stream("invoice_payments", path="invoices/{}/payments", nested="payment_gateway"),
        ),
    ),
    Stream("invoice_item_categories"),
    Stream(
        "estimates",
        nested="client creator",
        children=(Stream("estimate_messages", path="estimates/{}/messages"),),
    ),
    Stream("estimate_item_categories"),
    Stream(
        "time_entries",
        nested="user user_assignment client project task task_assignment external_reference invoice",
    ),
)
Rows = dict[str, dict[int, Json]]


async def test_a_full_sync_finds_everything_and_the_next_one_what_changed(company: Office) -> None:
    at = await _everything(company)

    full = await _sync(company, START)

    assert {key for key, rows in full.items() if not rows} == set()
    assert full["time_entries"][at["entry"]]["external_reference"]["id"] == "card-1"
    assert full["expenses"][at["expense"]]["receipt"] is None
    assert full["invoices"][at["invoice"]]["line_items"][0]["project"]["id"] == at["project"]
    assert full["roles"][at["role"]]["user_ids"] == [company.opened.administrator.id]

    company.house.clock.advance(3600)
    since = "2026-05-25T13:00:00.000000Z"
    nothing = await _sync(company, since)
    assert {key: sorted(rows) for key, rows in nothing.items() if rows} == {}

    await company.admin.changed(f"/v2/clients/{at['client']}", {"name": "Renamed"})
    changed = await _sync(company, since)
    # What shows the client by its name has changed with it.
    assert {key: sorted(rows) for key, rows in changed.items() if rows} == {
        "clients": [at["client"]],
        "projects": [at["project"]],
        "time_entries": [at["entry"]],
        "expenses": [at["expense"]],
        "invoices": [at["invoice"]],
        "estimates": [at["estimate"]],
    }
    assert changed["time_entries"][at["entry"]]["client"]["name"] == "Renamed"


async def _sync(office: Office, since: str) -> Rows:
    """The rows of every stream, by their keys and ids."""
    found: Rows = {}
    for stream in STREAMS:
        await _read(office, stream, since, found)
    return found


async def _read(office: Office, stream: Stream, since: str, found: Rows, parent_id: int = 0) -> None:
    kept, page = found.setdefault(stream.key, {}), 1
    while page:
        part = await office.admin.got(f"/v2/{stream.target.format(parent_id)}?updated_since={since}&page={page}")
        for row in part[stream.key]:
            if row["updated_at"] < since[:19]:
                assert not stream.is_filtered, stream.key
                continue
            for name in stream.nested.split():
                assert row[name] is None or "id" in row[name], (stream.key, name)
            assert row["id"] not in kept
            kept[row["id"]] = row
            for child in stream.children:
                await _read(office, child, since, found, row["id"])
        page = part["next_page"]
    for child in stream.children:
        found.setdefault(child.key, {})


async def _everything(office: Office) -> dict[str, int]:
    """Something of everything that there are streams of."""
    admin, me = office.admin, office.opened.administrator.id
    project = await office.project(bill_by="Project", hourly_rate=100)
    client_id = project["client"]["id"]
    await admin.made("/v2/contacts", {"client_id": client_id, "first_name": "Richard"})
    role = await admin.made("/v2/roles", {"name": "Sales", "user_ids": [me]})
    use = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]
    kind = (await admin.got("/v2/expense_categories"))["expense_categories"][-1]
    about = {"project_id": project["id"], "spent_date": "2026-05-04"}
    reference = {"id": "card-1", "permalink": "https://trello.com/c/1"}
    entry = await admin.made(
        "/v2/time_entries", {**about, "task_id": use["task"]["id"], "hours": 2, "external_reference": reference}
    )
    expense = await admin.made("/v2/expenses", {**about, "expense_category_id": kind["id"], "total_cost": 5})
    line = {"kind": "Service", "unit_price": 100, "project_id": project["id"]}
    invoice = await admin.made("/v2/invoices", {"client_id": client_id, "line_items": [line]})
    await admin.made(f"/v2/invoices/{invoice['id']}/messages", {"event_type": "send"})
    await admin.made(f"/v2/invoices/{invoice['id']}/payments", {"amount": 10})
    estimate = await admin.made(
        "/v2/estimates", {"client_id": client_id, "line_items": [{"kind": "Service", "unit_price": 100}]}
    )
    await admin.made(f"/v2/estimates/{estimate['id']}/messages", {"event_type": "send"})
    return {
        "client": client_id,
        "project": project["id"],
        "role": role["id"],
        "entry": entry["id"],
        "expense": expense["id"],
        "invoice": invoice["id"],
        "estimate": estimate["id"],
    }
