"""What live replies leave null and what they leave empty, what a new account has, and which refusals clients look into."""

from __future__ import annotations

from tests.products.harvest_timesheets.office import Json, Office

MESSAGE = (
    "id sent_by sent_by_email sent_from sent_from_email include_link_to_client_invoice send_me_a_copy thank_you reminder "
    "send_reminder_on created_at updated_at attach_pdf event_type recipients subject body"
)
ESTIMATE_MESSAGE = "id sent_by sent_by_email sent_from sent_from_email send_me_a_copy created_at updated_at recipients event_type subject body"
PAYMENT = "id amount paid_at recorded_by recorded_by_email notes transaction_id created_at updated_at paid_date payment_gateway"


async def test_what_nobody_said_is_empty_or_null_as_in_live_replies(company: Office) -> None:
    admin = company.admin
    project = await company.project()
    client_id = project["client"]["id"]
    contact = await admin.made("/v2/contacts", {"client_id": client_id, "first_name": "Richard"})
    person = await admin.made("/v2/users", {"first_name": "A", "last_name": "B", "email": "a@b.example"})
    use = (await admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"][0]
    about = {"project_id": project["id"], "task_id": use["task"]["id"], "spent_date": "2026-05-25", "hours": 1}
    entry = await admin.made("/v2/time_entries", about)
    saved_empty = await admin.changed(f"/v2/time_entries/{entry['id']}", {"notes": ""})
    lines = [{"kind": "Service", "unit_price": 80.1}]
    invoice = await admin.made("/v2/invoices", {"client_id": client_id, "line_items": lines, "discount": 4})
    estimate = await admin.made("/v2/estimates", {"client_id": client_id})
    payment = await admin.made(f"/v2/invoices/{invoice['id']}/payments", {"amount": 10})
    paid_in_part = await admin.got(f"/v2/invoices/{invoice['id']}")
    rates = (await admin.got(f"/v2/users/{person['id']}/billable_rates"))["billable_rates"]

    assert _of(contact, "title email phone_office phone_mobile fax") == [None, "", "", "", ""]
    assert _of(project, "code notes starts_on ends_on") == [None, None, None, None]
    assert (entry["notes"], saved_empty["notes"], person["telephone"], payment["notes"]) == (None, "", "", "")
    for bill in (invoice, estimate):
        assert _of(bill, "purchase_order subject notes tax tax_amount tax2 tax2_amount") == [
            *[""] * 3,
            *[None, 0.0] * 2,
        ]
    assert _of(invoice, "discount discount_amount amount") == [4.0, 3.2, 76.9]
    assert _of(invoice, "estimate retainer period_start sent_at") == [None, None, None, None]
    assert _of(paid_in_part, "state due_amount") == ["draft", 66.9]
    assert payment["payment_gateway"] == {"id": None, "name": None}
    assert [_of(rate, "amount start_date end_date") for rate in rates] == [[0.0, None, None]]


async def test_messages_and_payments_have_the_attributes_of_live_replies_in_their_order(company: Office) -> None:
    admin = company.admin
    client = await company.client()
    bill = {"client_id": client["id"], "line_items": [{"kind": "Service", "unit_price": 80}]}
    invoice = f"/v2/invoices/{(await admin.made('/v2/invoices', bill))['id']}"
    estimate = f"/v2/estimates/{(await admin.made('/v2/estimates', bill))['id']}"

    sent = await admin.made(f"{invoice}/messages", {"event_type": "send"})
    offered = await admin.made(f"{estimate}/messages", {"event_type": "send"})
    payment = await admin.made(f"{invoice}/payments", {"amount": 80, "paid_date": "2026-05-20"})

    assert list(sent) == MESSAGE.split()
    assert list(offered) == ESTIMATE_MESSAGE.split()
    assert list(payment) == PAYMENT.split()
    assert _of(sent, "recipients subject body attach_pdf") == [[], None, None, False]
    assert payment["paid_at"] == "2026-05-20T00:00:00Z"


async def test_a_new_account_has_the_tasks_and_categories_of_a_live_one(company: Office) -> None:
    tasks = (await company.admin.got("/v2/tasks"))["tasks"]
    expenses = (await company.admin.got("/v2/expense_categories"))["expense_categories"]
    items = (await company.admin.got("/v2/invoice_item_categories"))["invoice_item_categories"]
    offers = (await company.admin.got("/v2/estimate_item_categories"))["estimate_item_categories"]

    assert {each["name"]: (each["billable_by_default"], each["is_default"]) for each in tasks} == {
        "Design": (True, True),
        "Programming": (True, True),
        "Marketing": (True, True),
        "Project Management": (True, True),
        "Business Development": (False, True),
        "Vacation": (False, False),
    }
    assert {each["default_hourly_rate"] for each in tasks} == {None}
    assert {each["name"]: each["unit_name"] for each in expenses} == {
        "Entertainment": None,
        "Meals": None,
        "Lodging": None,
        "Transportation": None,
        "Mileage": "mile",
    }
    assert {each["name"]: (each["use_as_service"], each["use_as_expense"]) for each in items} == {
        "Service": (True, False),
        "Product": (False, True),
    }
    assert {each["name"] for each in offers} == {"Service", "Product"}


async def test_a_refusal_of_what_was_sent_has_a_message_and_no_error(company: Office) -> None:
    """tap-harvest shows `error` where there is one, and would hide what is wrong."""
    for method, path, body in (
        ("POST", "/v2/clients", {}),
        ("POST", "/v2/time_entries", {"project_id": 1}),
        ("GET", "/v2/clients?per_page=2001", None),
        ("GET", "/v2/reports/uninvoiced?from=20260101&to=20270102", None),
    ):
        reply = await company.admin.ask(method, path, body)
        assert (reply.status, list(reply.json())) == (422, ["message"]), path


def _of(thing: Json, names: str) -> list[object]:
    return [thing[name] for name in names.split()]
