"""What is imported, in the order in which one thing needs another. Source: docs/products/harvest.md#imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harbor.products.harvest_timesheets.importing import bill_records as bills
from harbor.products.harvest_timesheets.importing import directory_records as directory
from harbor.products.harvest_timesheets.importing import work_records as work
from harbor.products.harvest_timesheets.importing.values import Mapped, World

# As many entries are written within 70 ms, with their indexes and sums, so that others wait no longer for the writer.
PER_PAGE: Final = 250
# Their records may carry hundreds of lines, or a file each.
PER_PAGE_OF_LARGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """The table whose rows belong to a row: lines, members. `parent` and `key` are its columns; `counter` numbers them."""

    table: str
    parent: str
    key: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    counter: str | None = None
    refers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One kind of records: where the source lists them, and which rows they become.

    `of` names the table of those whose lists are walked one by one, `owners` which of them have one, and `owner` the column that
    says whose a row is. `fixed` are columns of all rows. `unique` is a column in which no two rows are the same (`unique_within`
    another), `exclusive` are several that are so together, and `secret` is one that is so in the installation. `keeps` are
    columns that stay as they are here. `since` says whether changes alone can be asked for.
    """

    name: str
    path: str
    record: type[Any]
    row: Callable[[Any, World], Mapped]
    table: str
    key: str = ""
    counter: str | None = None
    of: str | None = None
    owner: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    unique: str | None = None
    unique_within: str | None = None
    exclusive: tuple[str, ...] = ()
    secret: str | None = None
    keeps: tuple[str, ...] = ()
    child: Child | None = None
    since: bool = True
    owners: str | None = None
    is_tracked: bool = False
    is_compared: bool = True
    is_optional: bool = False
    per_page: int = PER_PAGE

    @property
    def list_key(self) -> str:
        """How the list is called in its pages."""
        return self.key or self.name

    @property
    def id_column(self) -> str:
        """The column of the record's id."""
        return "user_id" if self.table == "harvest_teammates" else "id"


def _lines(kind: str) -> Child:
    return Child(
        table="harvest_bill_lines",
        parent="bill_id",
        key="id",
        fixed={"kind": kind},
        counter=f"harvest_{kind}_lines",
        refers={"project_id": "harvest_projects"},
    )


def _rates(kind: str) -> Resource:
    return Resource(
        name=f"{kind}_rates",
        path=f"/v2/users/{{parent}}/{kind}_rates",
        record=directory.RateRecord,
        row=directory.rate,
        table="harvest_rates",
        counter=f"harvest_{kind}_rates",
        of="harvest_users",
        owner="user_id",
        fixed={"kind": kind},
        since=False,
    )


def _item_categories(kind: str) -> Resource:
    return Resource(
        name=f"{kind}_item_categories",
        path=f"/v2/{kind}_item_categories",
        record=bills.ItemCategoryRecord,
        row=bills.item_category,
        table="harvest_item_categories",
        counter=f"harvest_{kind}_item_categories",
        fixed={"kind": kind},
        unique="name_key",
        is_optional=True,
    )


def _messages(kind: str) -> Resource:
    return Resource(
        name=f"{kind}_messages",
        path=f"/v2/{kind}s/{{parent}}/messages",
        record=bills.MessageRecord,
        row=bills.message,
        table="harvest_bill_messages",
        counter=f"harvest_{kind}_messages",
        of=f"harvest_{kind}s",
        owner="bill_id",
        fixed={"kind": kind},
        is_compared=False,
        is_optional=True,
    )


RESOURCES: Final[tuple[Resource, ...]] = (
    Resource(
        name="users",
        path="/v2/users",
        record=directory.UserRecord,
        row=directory.user,
        table="harvest_users",
        counter="harvest_users",
        unique="email_key",
        keeps=("identity_id", "person_id"),
    ),
    Resource(
        name="roles",
        path="/v2/roles",
        record=directory.RoleRecord,
        row=directory.role,
        table="harvest_roles",
        counter="harvest_roles",
        unique="name_key",
        child=Child(table="harvest_role_members", parent="role_id", key="user_id", refers={"user_id": "harvest_users"}),
        since=False,
        is_optional=True,
    ),
    _rates("billable"),
    _rates("cost"),
    Resource(
        name="teammates",
        path="/v2/users/{parent}/teammates",
        record=directory.TeammateRecord,
        row=directory.teammate,
        table="harvest_teammates",
        of="harvest_users",
        owner="manager_id",
        owners="access_roles LIKE '[\"manager\"%'",
        since=False,
    ),
    Resource(
        name="clients",
        path="/v2/clients",
        record=directory.ClientRecord,
        row=directory.client,
        table="harvest_clients",
        counter="harvest_clients",
        unique="name_key",
        secret="statement_key",  # noqa: S106 (names a column)
    ),
    Resource(
        name="contacts",
        path="/v2/contacts",
        record=directory.ContactRecord,
        row=directory.contact,
        table="harvest_contacts",
        counter="harvest_contacts",
    ),
    Resource(
        name="tasks",
        path="/v2/tasks",
        record=directory.TaskRecord,
        row=directory.task,
        table="harvest_tasks",
        counter="harvest_tasks",
        unique="name_key",
    ),
    Resource(
        name="projects",
        path="/v2/projects",
        record=work.ProjectRecord,
        row=work.project,
        table="harvest_projects",
        counter="harvest_projects",
        unique="name_key",
        unique_within="client_id",
    ),
    Resource(
        name="user_assignments",
        path="/v2/user_assignments",
        record=work.UserAssignmentRecord,
        row=work.user_assignment,
        table="harvest_user_assignments",
        counter="harvest_user_assignments",
        exclusive=("project_id", "user_id"),
    ),
    Resource(
        name="task_assignments",
        path="/v2/task_assignments",
        record=work.TaskAssignmentRecord,
        row=work.task_assignment,
        table="harvest_task_assignments",
        counter="harvest_task_assignments",
        exclusive=("project_id", "task_id"),
    ),
    Resource(
        name="expense_categories",
        path="/v2/expense_categories",
        record=work.ExpenseCategoryRecord,
        row=work.expense_category,
        table="harvest_expense_categories",
        counter="harvest_expense_categories",
        is_optional=True,
    ),
    _item_categories("invoice"),
    _item_categories("estimate"),
    Resource(
        name="estimates",
        path="/v2/estimates",
        record=bills.EstimateRecord,
        row=bills.estimate,
        table="harvest_estimates",
        counter="harvest_estimates",
        unique="number",
        secret="client_key",  # noqa: S106
        child=_lines("estimate"),
        is_optional=True,
        per_page=PER_PAGE_OF_LARGE,
    ),
    _messages("estimate"),
    Resource(
        name="invoices",
        path="/v2/invoices",
        record=bills.InvoiceRecord,
        row=bills.invoice,
        table="harvest_invoices",
        counter="harvest_invoices",
        unique="number",
        secret="client_key",  # noqa: S106
        child=_lines("invoice"),
        is_optional=True,
        per_page=PER_PAGE_OF_LARGE,
    ),
    _messages("invoice"),
    Resource(
        name="invoice_payments",
        path="/v2/invoices/{parent}/payments",
        record=bills.PaymentRecord,
        row=bills.payment,
        table="harvest_invoice_payments",
        counter="harvest_invoice_payments",
        of="harvest_invoices",
        owner="invoice_id",
        owners="paid_e2 <> 0",
        is_compared=False,
        is_optional=True,
    ),
    Resource(
        name="time_entries",
        path="/v2/time_entries",
        record=work.TimeEntryRecord,
        row=work.time_entry,
        table="harvest_time_entries",
        counter="harvest_time_entries",
        is_tracked=True,
    ),
    Resource(
        name="expenses",
        path="/v2/expenses",
        record=work.ExpenseRecord,
        row=work.expense,
        table="harvest_expenses",
        counter="harvest_expenses",
        keeps=("receipt_key", "receipt_name", "receipt_bytes", "receipt_type"),
        is_tracked=True,
        is_optional=True,
        per_page=PER_PAGE_OF_LARGE,
    ),
)
BY_NAME: Final[Mapping[str, Resource]] = {each.name: each for each in RESOURCES}


def after(name: str | None) -> Resource | None:
    """The kind that comes after another; the first one for None, None after the last."""
    at = 0 if name is None else next(i for i, each in enumerate(RESOURCES) if each.name == name) + 1
    return RESOURCES[at] if at < len(RESOURCES) else None
