"""Something of everything that the console's paths name, and the people who may or may not see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from tests.console.session import Browser, another_session, sign_in, stranger
from tests.factories import Organization
from tests.harness import House
from tests.products.harbour_agreements.pages.exhibits import parameters as of_harbour

from harbor.app import SECTIONS
from harbor.console.product import console_product
from harbor.kernel.call import Call
from harbor.kernel.http.routes import Route
from harbor.kernel.identity.people_model import Role
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database
from harbor.products.harvest_timesheets import zones
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.bills.model import BillKind, LineChange
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.contacts import service as contacts
from harbor.products.harvest_timesheets.estimates import service as estimates
from harbor.products.harvest_timesheets.expense_categories import service as expense_categories
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.expenses.model import Receipt
from harbor.products.harvest_timesheets.importing import csv_service
from harbor.products.harvest_timesheets.importing import service as importing
from harbor.products.harvest_timesheets.importing.csv_reading import Kind
from harbor.products.harvest_timesheets.invoices import service as invoices
from harbor.products.harvest_timesheets.item_categories import service as items
from harbor.products.harvest_timesheets.opening import open_account
from harbor.products.harvest_timesheets.projects import api as projects_api
from harbor.products.harvest_timesheets.recurring_invoices import service as recurring
from harbor.products.harvest_timesheets.recurring_invoices.model import Unit
from harbor.products.harvest_timesheets.roles import service as roles
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.time_entries import service as time_entries
from harbor.products.harvest_timesheets.users import service as users

ROUTES = console_product(cast(Database, None), SECTIONS, version="0.0.0").routes
# What a page needs to be told besides its path.
_QUERIES = {
    "harper.record": "key=1",
    "harper.record.edit": "key=1",
    "harper.record.file": "key=1",
    "harvest.authorize.show": "client_id={application_id}&response_type=code",
}
MEMBER_SCOPES = frozenset(scope for section in SECTIONS for scope in section.member_scopes)


@dataclass(frozen=True, slots=True)
class Exhibition:
    """An organization's things in the sandbox, and who comes to see them."""

    house: House
    owner: Browser
    member: Browser
    foreigner: Browser  # the owner of another organization
    nobody: Browser
    parameters: Mapping[str, str]

    def path_of(self, route: Route) -> str:
        """The address of a route about these things."""
        path = route.path.format_map(self.parameters)
        return f"{path}?{_QUERIES[route.name].format_map(self.parameters)}" if route.name in _QUERIES else path


async def exhibit(house: House) -> Exhibition:
    """Fill an empty house."""
    acme, other = await house.organization(is_operator=True), await house.organization("Globex")
    owner = await sign_in(house, acme)
    home = f"/sandbox/harbor/{await _workspace_of(house, acme)}"
    webhook = await _made(
        owner, f"{home}/webhooks", {"url": "http://127.0.0.1:9/hook", "events": "*"}, r"/webhooks/(wh_\w+)"
    )
    event = await _made(owner, f"{home}/events", {"type": "order.shipped", "payload": "{}"}, r"/events/(evt_\w+)")
    delivery = await _made(owner, f"{home}/deliveries", None, r"/deliveries/(del_\w+)")
    key_page = await owner.post(f"{home}/settings/keys", {"name": "Till", "access": "all"})
    await owner.post(f"{home}/event-types", {"name": "order.shipped"})
    job = await _made(owner, f"{home}/deliveries/replays", {"webhook_id": webhook}, r"/replays/(job_\w+)")
    person = await _made(owner, "/people/invite", {"email": "alan@example.com", "name": "Alan"}, r"/people/(ppl_\w+)")
    member = await sign_in(house, acme, role=Role.MEMBER)
    assert member.person is not None
    reviewer = member.person.id
    checks = await house.write(acme.sandbox, lambda call: of_harbour(call, reviewer=reviewer))
    tables, time = await _tables(owner), await _time(house, acme, owner, member)
    secret = _found(r"hb_test_\w+", key_page.body.decode())
    workspace = home.rpartition("/")[2]
    api = house.client("harbor", {"authorization": f"Bearer {secret}"})
    asked = await api.request("GET", f"/v1/events?workspace_id={workspace}")
    await house.write_behind.flush()
    assert owner.person is not None
    elsewhere = await another_session(house, owner.person)
    assert elsewhere.session is not None
    parameters = {
        "environment": "sandbox",
        "workspace_id": workspace,
        "webhook_id": webhook,
        "event_id": event,
        "delivery_id": delivery,
        "job_id": job,
        "key_id": _found(r"key_\w{20,}", key_page.body.decode()),
        "request_id": asked.headers["harbor-request-id"],
        "name": "order.shipped",
        "person_id": person,
        "session_id": elsewhere.session.id,
        "api": "harbor",
        "operation": "events.create",
        **tables,
        **time,
        **checks,
        "token": "none",
        "digest": "none",
    }
    return Exhibition(house, owner, member, await sign_in(house, other), stranger(house), parameters)


async def _tables(owner: Browser) -> dict[str, str]:
    """Something of Harper in the same account."""
    home, table = "/sandbox/harper", "/sandbox/harper/databases/data/tables/dog"
    dog = {"database": "data", "table": "dog"}
    await _made(owner, f"{home}/databases/~new-table", {**dog, "primary_key": "id", "audit": "true"}, "/(dog)/records")
    await _made(owner, f"{table}/records", {"record": '{"id": 1, "name": "Rex"}'}, "key=1")
    role = await _made(owner, f"{home}/roles/~new", {"role": "reader"}, r"/roles/(\w+)")
    user = {"username": "mira", "password": "pine-cone-7", "role": role, "active": "true"}
    return {
        **dog,
        "role_id": role,
        "user_id": await _made(owner, f"{home}/users/new", user, r"/users/(\w+)"),
        "work_id": await _made(owner, f"{table}/import", {"data": "id,name\n2,Fido"}, r"/jobs/([\w-]+)"),
    }


async def _time(house: House, organization: Organization, *people: Browser) -> dict[str, str]:
    """Something of Harvest in the same account, where everybody is an administrator: what others may is their role's."""

    def fill(call: Call) -> dict[str, str]:
        first, *others = [one.person for one in people if one.person is not None]
        opened = open_account(call, name="Acme", first_name="Ada", last_name="L", email=first.email)
        for other in others:
            new = users.NewUser(
                first_name="Max", last_name="M", email=other.email, access_roles=[AccessRole.ADMINISTRATOR]
            )
            users.add(call, new, invites=False)
        client = clients.add(call, name="Globex")
        facts = projects_api.AddProject(
            client_id=client.id, name="Website", is_billable=True, bill_by="none", budget_by="none"
        )
        project = projects_api.create(call, facts).value.project
        task = tasks.defaults(call)[0]
        entry = time_entries.add(
            call,
            time_entries.NewEntry(
                project_id=project.id,
                task_id=task.id,
                spent_on=call.tx.now.date(),
                user_id=opened.administrator.id,
                hours_e2=100,
            ),
        ).entry
        kind = expense_categories.listed(call, PageRequest(limit=1)).items[0]
        receipt = Receipt(key="none", file_name="a.png", size_bytes=1, content_type="image/png")
        expense = expenses.add(
            call,
            expenses.NewExpense(
                project_id=project.id,
                expense_category_id=kind.id,
                spent_on=call.tx.now.date(),
                user_id=opened.administrator.id,
                units_e4=10_000,
                total_cost_e2=100,
                receipt=receipt,
            ),
        ).expense
        invoice = invoices.add(call, invoices.NewInvoice(client_id=client.id))
        rhythm = {"every": 1, "unit": Unit.MONTH, "starts_on": call.tx.now.date()}  # of a recurring invoice
        rent = LineChange(facts={"category": "Service", "unit_price_e4": 10_000})  # of a recurring invoice
        import_ = importing.start(
            call, source_url="https://time.example", source_account="7", token="none", is_full=True
        )
        rows = csv_service.read("Date,Project,Task,Hours\n2026-05-25,Website,Design,1\n", Kind.TIME, "%Y-%m-%d")
        csv = csv_service.start(call, rows, kind=Kind.TIME, file_name="a.csv", is_dry=True, makes_missing=False)
        return {
            "import_number": str(import_.id),
            "csv_number": str(csv.id),
            "invoice_id": str(invoice.id),
            "contact_id": str(contacts.add(call, client_id=client.id, first_name="Grace", texts={}).id),
            "recurring_id": str(recurring.add(call, client.id, rhythm, [rent]).id),
            "estimate_id": str(estimates.add(call, client.id, {}, ()).id),
            "entry_id": str(entry.id),
            "expense_id": str(expense.id),
            "expense_category_id": str(kind.id),
            "item_category_id": str(items.listed(call, BillKind.INVOICE, PageRequest(limit=1)).items[0].id),
            "job_role_id": str(roles.add(call, name="Designer").id),
            "project_id": str(project.id),
            "client_id": str(client.id),
            "task_id": str(task.id),
            "colleague_id": str(opened.administrator.id),
        }

    zones.load()
    found = await house.write(organization.sandbox, fill)
    home, owner = "/harvest/developers", people[0]
    await owner.post(f"{home}/tokens", {"name": "Till"})
    application = {"name": "Till", "redirect_url": "https://till.example/", "reach": "one"}
    await owner.post(f"{home}/applications", application)
    page = (await owner.get(home)).body.decode()
    removes = re.search(r"/applications/(\d+)/([\w-]+)/remove", page)
    assert removes is not None, page
    token_id = _found(r"/(hvt_\w+)/revoke", page)
    return {**found, "token_id": token_id, "number": removes[1], "application_id": removes[2]}


async def _workspace_of(house: House, organization: Organization) -> str:
    return await house.read(organization.sandbox, lambda call: call.default_workspace().id)


async def _made(owner: Browser, path: str, fields: Mapping[str, str] | None, pattern: str) -> str:
    reply = await (owner.get(path) if fields is None else owner.post(path, fields))
    assert reply.status < 400, (path, reply.status, reply.body.decode()[:3_000])
    return _found(pattern, reply.headers.get("location", "") + reply.body.decode())


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, (pattern, text[:3_000])
    return match[match.lastindex or 0]
