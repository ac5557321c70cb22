"""The client python-harvest-apiv2 through every call that it has, each answer read into its own types.

Reads {"url", "account_id", "access_token", "oauth"} from standard input; writes what the test looks at.
"""

import json
import sys
import time
from dataclasses import asdict

from harvest import Harvest
from harvest.detailedreports import DetailedReports
from harvest.harvest import HarvestError
from harvest.harvestdataclasses import (
    ErrorMessage,
    ExpenseImport,
    FreeFormInvoice,
    InvoiceImport,
    LineItem,
    LineItemImport,
    OAuth2_ServerSide,
    OAuth2_ServerSide_Token,
    PersonalAccessToken,
    TimeImport,
)

DAY, YEAR = "2026-03-02", {"from_date": "2026-01-01", "to_date": "2026-12-31"}
LINE = {"kind": "Service", "unit_price": 100, "quantity": 2}
RECIPIENTS = [{"name": "Una", "email": "una@example.com"}]
given = json.load(sys.stdin)
TOKEN = PersonalAccessToken(str(given["account_id"]), given["access_token"])
told = {}


def client():
    """A client at the address. Each slows down from its 100th call on, as the original asks it to."""
    return Harvest(f"{given['url']}/api/v2", TOKEN)


def tell(name, answer):
    """Keep an answer as the client's own types have it."""
    assert not isinstance(answer, ErrorMessage), (name, answer)
    told[name] = asdict(answer)
    return answer


def directory(api):
    """Everything that time is tracked on; its ids."""
    tell("company", api.company())
    customer = tell("client", api.create_client("Python Customer", currency="EUR"))
    tell("client updated", api.update_client(customer.id, address="1 Quay"))
    tell("clients", api.clients(is_active=True, updated_since="2020-01-01T00:00:00Z"))
    contact = tell("contact", api.create_client_contact(customer.id, "Una"))
    tell("contact updated", api.update_client_contact(contact.id, title="Ms"))
    tell("contact read", api.get_client_contact(contact.id))
    tell("contacts", api.client_contacts(client_id=customer.id))
    task = tell("task", api.create_task("Python Task", default_hourly_rate=70))
    tell("task updated", api.update_task(task.id, is_default=False))
    tell("tasks", api.tasks(is_active=True))
    project = tell(
        "project",
        api.create_project(
            customer.id, "Python Project", True, "Project", "project", hourly_rate=80, budget=20, code="PY"
        ),
    )
    tell("project updated", api.update_project(project.id, notes="new"))
    tell("projects", api.projects(client_id=customer.id))
    user = tell("user", api.create_user("Py", "Thon", "py@example.com"))
    tell("user updated", api.update_user(user.id, is_contractor=True))
    tell("users", api.users(is_active=True))
    me = tell("me", api.get_currently_authenticated_user())
    # Where somebody has no rate this client reads neither their entries nor their expenses.
    tell("my rate", api.create_billable_rate(me.id, 100))
    role = tell("role", api.create_role("Python Role", user_ids=[user.id]))
    tell("role updated", api.update_role(role.id, "Python Roles"))
    tell("roles", api.roles())
    on = tell("user assignment", api.create_user_assignment(project.id, user.id))
    tell("user assignment updated", api.update_user_assignment(project.id, on.id, budget=3.5))
    tell("user assignments", api.user_assignments(is_active=True))
    tell("user assignments of it", api.project_user_assignments(project.id))
    use = tell("task assignment", api.create_task_assignment(project.id, task.id, billable=True))
    tell("task assignment updated", api.update_task_assignment(project.id, use.id, hourly_rate=9))
    tell("task assignments", api.task_assignments())
    tell("task assignments of it", api.project_task_assignments(project.id, is_active=True))
    rate = tell("billable rate", api.create_billable_rate(user.id, 90))
    tell("billable rate read", api.get_billable_rate(user.id, rate.id))
    tell("billable rates", api.billable_rates(user.id))
    cost = tell("cost rate", api.create_user_cost_rate(user.id, 45.5, start_date=DAY))
    tell("cost rate read", api.get_user_cost_rate(user.id, cost.id))
    tell("cost rates", api.user_cost_rates(user.id))
    tell("project assignments", api.project_assignments(user.id))
    tell("my project assignments", api.my_project_assignments())
    return {
        "client": customer.id,
        "contact": contact.id,
        "task": task.id,
        "project": project.id,
        "user": user.id,
        "role": role.id,
        "on": on.id,
        "use": use.id,
    }


def tracking(api, at):
    """Time and expenses; their ids."""
    about = (at["project"], at["task"], DAY)
    timer = tell(
        "timer",
        api.create_time_entry_via_duration(
            *about,
            notes="drawn",
            external_reference={"id": "7", "group_id": "3", "permalink": "https://trello.com/c/7"},
        ),
    )
    tell("stopped", api.stop_a_running_time_entry(timer.id))
    tell("restarted", api.restart_a_stopped_time_entry(timer.id))
    tell("stopped again", api.stop_a_running_time_entry(timer.id))
    api.delete_time_entry_external_reference(timer.id)
    entry = tell("entry", api.create_time_entry_via_duration(*about, hours=1.5))
    tell("entry updated", api.update_time_entry(entry.id, hours=2.5))
    tell("entry read", api.get_time_entry(entry.id))
    tell("entries", api.time_entries(project_id=at["project"], is_billed=False))
    kind = tell("category", api.create_expense_category("Python Ferry", unit_name="trip", unit_price=7.5))
    tell("category updated", api.update_expense_category(kind.id, is_active=True))
    tell("category read", api.get_expense_category(kind.id))
    tell("categories", api.expense_categories())
    receipt = {"files": {"receipt": ("ferry.gif", bytes.fromhex(given["picture"]), "image/gif")}}
    expense = tell("expense", api.create_expense(at["project"], kind.id, DAY, units=2, receipt=receipt))
    tell("expense updated", api.update_expense(expense.id, notes="there"))
    tell("expense read", api.get_expense(expense.id))
    tell("expenses", api.expenses(client_id=at["client"]))
    return {"timer": timer.id, "entry": entry.id, "category": kind.id, "expense": expense.id}


def billing(api, at):
    """Invoices and estimates, from the first line to the last payment; their ids."""
    tracked = LineItemImport(
        time=TimeImport(from_date="2026-03-01", to="2026-03-31", summary_type="task"),
        expenses=ExpenseImport(from_date="2026-03-01", to="2026-03-31", summary_type="category", attach_receipts=None),
        project_ids=[at["project"]],
    )
    imported = tell("imported", api.create_invoice_based_on_tracked_time_and_expenses(_import(at["client"], tracked)))
    free = tell("free form", api.create_free_form_invoice(_free_form(at["client"])))
    tell("line added", api.create_invoice_line_item(free.id, [LINE]))
    tell("line changed", api.update_invoice_line_item(free.id, {"id": free.line_items[0].id, "unit_price": 50}))
    tell("line removed", api.delete_invoice_line_items(free.id, [{"id": free.line_items[0].id}]))
    tell("invoice read", api.get_invoice(free.id))
    for step in (
        "mark_draft_invoice_as_sent",
        "mark_open_invoice_as_draft",
        "mark_draft_invoice_as_sent",
        "mark_open_invoice_as_closed",
        "reopen_closed_invoice",
    ):
        tell(step, getattr(api, step)(free.id))
    message = tell("invoice mailed", api.create_invoice_message(free.id, RECIPIENTS, subject="March"))
    tell("invoice messages", api.invoice_messages(free.id))
    payment = tell("payment", api.create_invoice_payment(free.id, 200, paid_date=DAY, notes="thanks"))
    tell("payments", api.invoice_payments(free.id))
    tell("invoices", api.invoices(client_id=at["client"], state="paid"))
    item = tell("item", api.create_invoice_item_category("Python Item"))
    tell("item updated", api.update_invoice_item_category(item.id, "Python Items"))
    tell("item read", api.get_invoice_item_category(item.id))
    tell("items", api.invoice_item_categories())
    estimate = tell("estimate", api.create_estimate(at["client"], line_items=[LINE], tax=10))
    tell("estimate line added", api.create_estimate_line_item(estimate.id, [LINE]))
    tell(
        "estimate line changed",
        api.update_estimate_line_item(estimate.id, {"id": estimate.line_items[0].id, "quantity": 3}),
    )
    tell("estimate line removed", api.delete_estimate_line_items(estimate.id, [estimate.line_items[0]]))
    tell("estimate read", api.get_estimte(estimate.id))
    for step in (
        "mark_draft_estimate_as_sent",
        "mark_open_estimate_as_accepted",
        "reopen_a_closed_estimate",
        "mark_open_estimate_as_declined",
    ):
        tell(step, getattr(api, step)(estimate.id))
    note = tell("estimate mailed", api.create_estimate_message(estimate.id, RECIPIENTS))
    tell("estimate messages", api.estimate_messages(estimate.id))
    tell("estimates", api.estimates(client_id=at["client"]))
    offer = tell("offer", api.create_estimate_item_category("Python Item"))
    tell("offer updated", api.update_estimate_item_category(offer.id, "Python Items"))
    tell("offer read", api.get_estimate_item_category(offer.id))
    tell("offers", api.estimate_item_categories())
    api.delete_estimate_item_category(offer.id)
    api.delete_invoice_item_category(item.id)
    api.delete_estimate_message(estimate.id, note.id)
    api.delete_estimate(estimate.id)
    api.delete_invoice_payment(free.id, payment.id)
    api.delete_invoice_message(free.id, message.id)
    return {"imported": imported.id, "free": free.id}


def _import(client_id, tracked):
    return InvoiceImport(client_id=client_id, line_items_import=tracked, **_blank(InvoiceImport))


def _free_form(client_id):
    line = LineItem(project=None, id=None, kind="Service", description="Work", quantity=1.0, unit_price=100.0)
    return FreeFormInvoice(client_id=client_id, line_items=[line], **_blank(FreeFormInvoice))


def _blank(kind):
    given_here = ("client_id", "line_items", "line_items_import")
    return {name: None for name in kind.__dataclass_fields__ if name not in given_here}


def reports(api):
    """All ten."""
    for name in (
        "expenses_clients",
        "expenses_projects",
        "expenses_categories",
        "expenses_team",
        "uninvoiced",
        "time_clients",
        "time_projects",
        "time_tasks",
        "time_team",
    ):
        tell(name, getattr(api, f"reports_{name}")("2026-01-01", "2026-12-31"))
    tell("project_budget", api.reports_project_budget())


def deleting(api, at):
    """Everything goes, and what is gone is not found."""
    api.delete_invoice(at["free"])
    api.delete_invoice(at["imported"])
    api.delete_expense(at["expense"])
    api.delete_expense_category(at["category"])
    api.delete_time_entry(at["entry"])
    api.delete_time_entry(at["timer"])
    api.delete_task_assignment(at["project"], at["use"])
    api.delete_user_assignment(at["project"], at["on"])
    api.delete_role(at["role"])
    api.delete_user(at["user"])
    api.delete_project(at["project"])
    api.delete_task(at["task"])
    api.delete_client_contact(at["contact"])
    api.delete_client(at["client"])
    try:
        api.get_client(at["client"])
    except HarvestError as error:
        told["missing"] = str(error)


def with_oauth():
    """The token of an application is as good as a personal one."""
    kept = given["oauth"]
    token = OAuth2_ServerSide_Token(kept["access_token"], kept["refresh_token"], 1, time.time() + 86_400)
    auth = OAuth2_ServerSide(kept["client_id"], kept["client_secret"], token, f"{given['url']}/api/v2/oauth2/token")
    api = Harvest(f"{given['url']}/api/v2", auth)
    api.headers["Harvest-Account-Id"] = str(given["account_id"])  # it sends none with these tokens
    tell("with oauth", api.get_currently_authenticated_user())


at = directory(client())
at |= tracking(client(), at)
reports(client())
told["detailed"] = asdict(DetailedReports(f"{given['url']}/api/v2", TOKEN).detailed_time())["detailed_time_entries"]
at |= billing(client(), at)
deleting(client(), at)
with_oauth()
json.dump(told, sys.stdout)
