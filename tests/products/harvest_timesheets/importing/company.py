"""A whole company: something of every kind and in every state that an account can hold."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from tests.products.harvest_timesheets.office import Office

Json = dict[str, Any]
# A picture of one point. Source: the PNG specification's smallest file.
PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


async def fill(office: Office) -> Json:
    """Fill an account through its API; what some things of it are."""
    admin = office.admin
    await admin.changed("/v2/company", {"weekly_capacity": 144000})
    manager = await office.person("manager", "project_creator", default_hourly_rate=90, cost_rate=45)
    member = await office.person(default_hourly_rate="75.125", timezone="Berlin", weekly_capacity=108000)
    gone = await office.person(is_active=False)
    await admin.made(f"/v2/users/{member.id}/billable_rates", {"amount": 80, "start_date": "2024-01-01"})
    await admin.changed(f"/v2/users/{manager.id}/teammates", {"teammate_ids": [member.id]})
    await admin.made("/v2/roles", {"name": "Designer", "user_ids": [member.id, manager.id]})
    client = await office.client(name="Péché & Söhne", address="1 Main St\r\nTown", currency="EUR")
    await admin.made("/v2/contacts", {"client_id": client["id"], "first_name": "Zoë", "email": "zoe@example.org"})
    other = await office.client(is_active=False)
    task = await office.task(default_hourly_rate=100)
    project = await office.project(client_id=client["id"], code="P1", budget_by="person", notes="räumen")
    fixed = await office.project(
        client_id=client["id"], bill_by="Project", hourly_rate=120, is_fixed_fee=True, fee=5000, budget_by="none"
    )
    for each in (project, fixed):
        path = f"/v2/projects/{each['id']}"
        await admin.made(f"{path}/task_assignments", {"task_id": task["id"], "billable": True, "hourly_rate": 99.5})
        for person in (manager.id, member.id):
            await admin.made(f"{path}/user_assignments", {"user_id": person, "budget": 40})
    entries = await _track(office, member.id, project["id"], fixed["id"], task["id"])
    expenses = await _spend(office, member.id, project["id"])
    estimate = await admin.made(
        "/v2/estimates",
        {
            "client_id": client["id"],
            "subject": "Offer",
            "tax": 7.5,
            "line_items": [{"kind": "Service", "description": "Work", "unit_price": 5000, "taxed": True}],
        },
    )
    for event in ("send", "accept"):
        await admin.made(f"/v2/estimates/{estimate['id']}/messages", {"event_type": event})
    invoice = await _bill(office, client["id"], project["id"], estimate["id"])
    assert (await admin.ask("POST", "/v2/time_entries/approve", {"time_entry_ids": [entries[2]["id"]]})).status == 200
    await admin.changed(f"/v2/tasks/{task['id']}", {"name": "Programming, renamed"})
    return {
        "manager": manager,
        "member": member,
        "gone": gone,
        "client": client,
        "other": other,
        "project": project,
        "task": task,
        "entries": entries,
        "expenses": expenses,
        "invoice": invoice,
        "estimate": estimate,
    }


async def _track(office: Office, user_id: int, project_id: int, fixed_id: int, task_id: int) -> list[Json]:
    found = []
    for day, hours, project, more in (
        ("2024-03-04", 1.25, project_id, {"notes": 'first "line"\nsecond'}),
        (
            "2024-03-05",
            2.5,
            project_id,
            {"external_reference": {"id": "T-1", "permalink": "https://tracker.example/1"}},
        ),
        ("2024-04-10", 7.75, fixed_id, {}),
        ("2024-05-01", 0, project_id, {"notes": ""}),
    ):
        body = {"user_id": user_id, "project_id": project, "task_id": task_id, "spent_date": day, "hours": hours}
        found.append(await office.admin.made("/v2/time_entries", {**body, **more}))
    running = {"user_id": user_id, "project_id": fixed_id, "task_id": task_id, "spent_date": "2024-05-02"}
    found.append(await office.admin.made("/v2/time_entries", running))
    return found


async def _spend(office: Office, user_id: int, project_id: int) -> list[Json]:
    categories = (await office.admin.got("/v2/expense_categories"))["expense_categories"]
    named = {each["name"]: each["id"] for each in categories}
    meal = {"user_id": user_id, "project_id": project_id, "expense_category_id": named["Meals"]}
    miles = {**meal, "expense_category_id": named["Mileage"], "spent_date": "2024-03-05", "units": 12.5}
    found = [
        await office.admin.made("/v2/expenses", {**meal, "spent_date": "2024-03-04", "total_cost": 33.35}),
        await office.admin.made("/v2/expenses", miles),
    ]
    reply = await office.admin.client.request(
        "PATCH",
        f"/v2/expenses/{found[0]['id']}",
        body=_multipart(PICTURE),
        media_type="multipart/form-data; boundary=XX",
    )
    assert reply.status == 200, reply.body
    return found


def _multipart(content: bytes) -> bytes:
    head = b'--XX\r\nContent-Disposition: form-data; name="receipt"; filename="bill.png"\r\nContent-Type: image/png\r\n\r\n'
    return head + content + b"\r\n--XX--\r\n"


async def _bill(office: Office, client_id: int, project_id: int, estimate_id: int) -> Json:
    invoice = await office.admin.made(
        "/v2/invoices",
        {
            "client_id": client_id,
            "estimate_id": estimate_id,
            "subject": "March",
            "tax": 5,
            "discount": 10,
            "line_items_import": {
                "project_ids": [project_id],
                "time": {"summary_type": "task", "from": "2024-03-01", "to": "2024-03-31"},
                "expenses": {"summary_type": "category", "from": "2024-03-01", "to": "2024-03-31"},
            },
            "line_items": [{"kind": "Product", "unit_price": 10, "quantity": 3, "taxed": True}],
        },
    )
    path = f"/v2/invoices/{invoice['id']}"
    await office.admin.made(f"{path}/messages", {"event_type": "send"})
    await office.admin.made(f"{path}/payments", {"amount": 20, "paid_date": "2024-04-01", "notes": "cash"})
    draft = {"client_id": client_id, "line_items": [{"kind": "Service", "unit_price": 1}]}
    await office.admin.made("/v2/invoices", draft)
    return await office.admin.got(path)
