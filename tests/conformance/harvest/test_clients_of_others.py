"""What published clients send, with their oddities: python-harvest-apiv2, node-harvest-api, harvest-v2, hrvst-cli, Airbyte."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from tests.harness import Reply
from tests.products.harvest_timesheets.office import Json, Office

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


async def place(office: Office) -> Json:
    """A project with a billable task."""
    project = await office.project(bill_by="Project", hourly_rate=100)
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    return {"project_id": project["id"], "task_id": uses[0]["task"]["id"], "spent_date": "2026-05-25"}


async def send(office: Office, method: str, target: str, body: bytes = b"", media_type: str | None = JSON) -> Reply:
    """A request of the administrator with exactly these bytes, and a media type even where there are none."""
    headers = {} if media_type is None else {"content-type": media_type}
    return await office.admin.client.request(method, target, body=body, headers=headers, media_type=None)


async def test_python_sends_null_with_everything_and_lives_below_api(company: Office) -> None:
    about = await place(company)
    made = await company.admin.made("/api/v2/time_entries", {**about, "hours": 1.5})

    listed = await send(company, "GET", "/api/v2/time_entries?page=1&per_page=100", b"null")
    one = await send(company, "GET", f"/api/v2/time_entries/{made['id']}", b"null")
    gone = await send(company, "DELETE", f"/api/v2/time_entries/{made['id']}", b"null")

    assert (listed.status, listed.json()["total_entries"], one.json()["id"]) == (200, 1, made["id"])
    assert (gone.status, gone.body) == (200, b"{}")
    assert (await send(company, "GET", "/api/v2/users/me", b"null")).json()["email"] == "ada@example.com"
    assert (await send(company, "GET", "/api/v2/reports/time/team?from=20260501&to=20260531", b"null")).status == 200


async def test_node_harvest_api_reopens_estimates_without_a_hyphen(company: Office) -> None:
    client = await company.client()
    lines = [{"kind": "Service", "unit_price": 100, "quantity": 1}]
    estimate = await company.admin.made("/v2/estimates", {"client_id": client["id"], "line_items": lines})
    path = f"/v2/estimates/{estimate['id']}"
    for event in ("send", "accept", "reopen"):
        made = await send(company, "POST", f"{path}/messages", b'{"event_type":"' + event.encode() + b'"}')
        assert made.status == 201, made.body

    assert (await company.admin.got(path))["state"] == "sent"


async def test_harvest_v2_has_slashes_at_the_end_and_empty_json(company: Office) -> None:
    about = await place(company)
    started = await company.admin.made("/v2/time_entries", about)

    running = await send(company, "GET", "/v2/time_entries/?is_running=true")
    stopped = await send(company, "PATCH", f"/v2/time_entries/{started['id']}/stop")
    again = await send(company, "PATCH", f"/v2/time_entries/{started['id']}/restart/")

    assert [each["id"] for each in running.json()["time_entries"]] == [started["id"]]
    assert (stopped.status, stopped.json()["is_running"]) == (200, False)
    assert (again.status, again.json()["is_running"]) == (200, True)
    picker = await send(company, "GET", "/v2/users/me/project_assignments?is_active=true")
    assert picker.json()["project_assignments"][0]["task_assignments"]


async def test_hrvst_and_the_collection_write_in_the_query(company: Office) -> None:
    about = await place(company)
    query = "&".join(
        f"{name}={quote(str(value))}" for name, value in {**about, "hours": "1,5".replace(",", ".")}.items()
    )

    made = await send(company, "POST", f"/v2/time_entries?{query}&external_reference[id]=7", media_type=None)
    changed = await send(
        company, "PATCH", f"/v2/time_entries/{made.json()['id']}?notes=From%20the%20query", media_type=None
    )

    assert (made.status, made.json()["hours"], made.json()["external_reference"]["id"]) == (201, 1.5, "7")
    assert (changed.status, changed.json()["notes"]) == (200, "From the query")
    client = await company.client()
    lines = "line_items[0]kind=Service&line_items[0]unit_price=100&line_items[0]quantity=2"
    invoice = await send(company, "POST", f"/v2/invoices?client_id={client['id']}&{lines}", media_type=None)
    assert (invoice.status, invoice.json()["amount"]) == (201, 200.0)
    line_id = invoice.json()["line_items"][0]["id"]
    removal = f"line_items[0]id={line_id}&line_items[0]_destroy=true"
    emptied = await send(company, "PATCH", f"/v2/invoices/{invoice.json()['id']}?{removal}", media_type=None)
    assert (emptied.status, emptied.json()["line_items"]) == (200, [])
    person = "first_name=A&last_name=B&email=a%40b.example&timezone=America/New_York&access_roles[]=manager&is_contractor=True"
    user = await send(company, "POST", f"/v2/users?{person}", media_type=None)
    assert (user.status, user.json()["timezone"], user.json()["is_contractor"]) == (
        201,
        "Eastern Time (US & Canada)",
        True,
    )
    spent = f"project_id={about['project_id']}&spent_date=20260525&total_cost=13.59"
    kind = (await company.admin.got("/v2/expense_categories"))["expense_categories"][-1]["id"]
    expense = await send(company, "POST", f"/v2/expenses?{spent}&expense_category_id={kind}", b"", FORM)
    assert (expense.status, expense.json()["total_cost"]) == (201, 13.59)


async def test_airbyte_follows_next_and_steps_reports_by_365_days(company: Office) -> None:
    about = await place(company)
    for day in ("2026-05-01", "2026-05-02", "2026-05-03"):
        await company.admin.made("/v2/time_entries", {**about, "spent_date": day, "hours": 1})

    found: list[Any] = []
    target = "/v2/time_entries?per_page=2&updated_since=2020-01-01T00:00:00Z"
    while target:
        part = (await send(company, "GET", target)).json()
        found += part["time_entries"]
        url = urlsplit(part["links"]["next"] or "")
        target = f"{url.path}?{url.query}" if url.path else ""
    report = await send(company, "GET", "/v2/reports/time/clients?from=20260101&to=20270101&per_page=50")
    too_long = await send(company, "GET", "/v2/reports/time/clients?from=20260101&to=20270102&per_page=50")

    assert [each["spent_date"] for each in found] == ["2026-05-03", "2026-05-02", "2026-05-01"]
    assert report.json()["results"][0]["total_hours"] == 3.0
    assert (too_long.status, too_long.json()) == (422, {"message": "To can't be more than 365 days after from"})
