"""Writing rows of CSV: names become things of the account, those that are missing are made if that was asked for."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Conflict, Denied, Invalid, Missing
from harbor.kernel.identity.people_model import normal_email
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expenses import service as expenses
from harbor.products.harvest_timesheets.importing import csv_store as store
from harbor.products.harvest_timesheets.importing.csv_model import CsvImport
from harbor.products.harvest_timesheets.importing.csv_reading import Kind, Row
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects import starting
from harbor.products.harvest_timesheets.projects.model import PERCENTAGE_E2_DEFAULT, BillBy, BudgetBy, Project
from harbor.products.harvest_timesheets.task_assignments import service as task_assignments
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.time_entries import service as time_entries
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.model import ExternalReference
from harbor.products.harvest_timesheets.user_assignments import service as user_assignments

FAULTS = (Invalid, Conflict, Denied, Missing)


class Unknown(Exception):
    """A name of a row that means nothing here, or several things."""


@dataclass(slots=True)
class Written:
    """What became of rows: counts, faults by line, and what was made."""

    came: int = 0
    same: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)


def write(call: Call, each: CsvImport, rows: list[Row]) -> Written:
    """Write rows, each whole or not at all."""
    found, writer = Written(), _Writer(call, each)
    writer.hold(rows)
    for row in rows:
        if row.fault is not None:
            found.faults.append((row.line, row.fault))
            continue
        writer.made = Counter()
        try:
            came = call.tx.attempt(lambda row=row: writer.write(row))  # type: ignore[misc]
        except (*FAULTS, Unknown) as why:
            writer.forget()
            found.faults.append((row.line, getattr(why, "message", None) or str(why)))
            continue
        found.made += writer.made
        found.came += came
        found.same += not came
    return found


class _Writer:
    def __init__(self, call: Call, each: CsvImport) -> None:
        self.call = call
        self.each = each
        self.made: Counter[str] = Counter()
        self._people = store.people(call.tx, call.account_id)
        self.forget()

    def forget(self) -> None:
        """Look names up again: what was made for a row that failed is gone."""
        self._projects: dict[tuple[str, str, str], Project] = {}
        self._things: dict[tuple[str, str], int] = {}
        self._placed: set[tuple[int, str, int]] = set()
        self._kinds: list[tuple[int, str, bool]] | None = None

    def hold(self, rows: list[Row]) -> None:
        """Wait for others who track for the same people, all at once, so that nobody waits crosswise."""
        people: set[int] = set()
        for row in rows:
            with suppress(Unknown):
                people.add(self._person(row))
        sums.hold(self.call, *people)

    def write(self, row: Row) -> bool:
        """Write a row; False where the same is there already."""
        user_id = self._person(row)
        project = self._project(row)
        self._place(project, "user", user_id)
        if self.each.kind is Kind.TIME:
            return self._time(row, user_id, project)
        return self._expense(row, user_id, project)

    def _time(self, row: Row, user_id: int, project: Project) -> bool:
        task_id = self._task(row)
        self._place(project, "task", task_id)
        facts = {"user_id": user_id, "spent_on": row.day, "project_id": project.id, "task_id": task_id}
        if self._has("harvest_time_entries", {**facts, "hours_e2": row.hours_e2, "notes": row.notes}):
            return False
        reference = None
        if row.reference_id or row.reference_url:
            reference = ExternalReference(
                id=row.reference_id or None, group_id=None, account_id=None, permalink=row.reference_url or None
            )
        new = time_entries.NewEntry(
            project_id=project.id,
            task_id=task_id,
            spent_on=date.fromisoformat(row.day),
            user_id=user_id,
            hours_e2=row.hours_e2,
            notes=row.notes,
            reference=reference,
        )
        time_entries.add(self.call, new)
        return True

    def _expense(self, row: Row, user_id: int, project: Project) -> bool:
        category_id, is_by_unit = self._category(row)
        cost = {"units_e4": row.units_e4} if is_by_unit else {"total_cost_e2": row.cost_e2}
        facts = {"user_id": user_id, "spent_on": row.day, "project_id": project.id}
        same = {**facts, "expense_category_id": category_id, **cost, "notes": row.notes}
        if None not in cost.values() and self._has("harvest_expenses", same):
            return False
        new = expenses.NewExpense(
            project_id=project.id,
            expense_category_id=category_id,
            spent_on=date.fromisoformat(row.day),
            user_id=user_id,
            units_e4=row.units_e4 if is_by_unit else None,
            total_cost_e2=None if is_by_unit else row.cost_e2,
            notes=row.notes,
            billable=row.billable,
            receipt=None,
        )
        expenses.add(self.call, new)
        return True

    def _has(self, table: str, facts: dict[str, Any]) -> bool:
        before_us = micros(self.each.created_at)
        return store.has_same(self.call.tx, table, self.call.account_id, before_us, facts)

    def _person(self, row: Row) -> int:
        if row.email:
            found = [id_ for id_, email, _, _ in self._people if email == normal_email(row.email)]
            if not found:
                raise Unknown(f"nobody here has the address {row.email[:100]}")
            return found[0]
        if not (row.first_name or row.last_name):
            return self.each.user_id
        wanted = name_key(f"{row.first_name} {row.last_name}")
        found = [id_ for id_, _, first, last in self._people if name_key(f"{first} {last}") == wanted]
        if len(found) != 1:
            how_many = "nobody" if not found else "more than one"
            raise Unknown(f"{how_many} here is called {row.first_name[:60]} {row.last_name[:60]}".strip())
        return found[0]

    def _project(self, row: Row) -> Project:
        key = (name_key(row.client), name_key(row.project), row.code)
        if key not in self._projects:
            client_id = self._client(row) if row.client else None
            named = store.projects(self.call.tx, self.call.account_id, row.project, client_id)
            if len(named) > 1 and row.code:
                named = [each for each in named if each[1] == row.code]
            if len(named) > 1:
                raise Unknown(f"more than one project is called {row.project[:100]}; name its client")
            if named:
                self._projects[key] = projects.find(self.call, named[0][0])
            else:
                self._projects[key] = self._new_project(row, client_id)
        return self._projects[key]

    def _client(self, row: Row) -> int:
        key = ("client", name_key(row.client))
        if key not in self._things:
            found = store.client(self.call.tx, self.call.account_id, row.client)
            if found is None:
                self._require_making(f"no client is called {row.client[:100]}")
                found = clients.add(self.call, name=row.client).id
                self.made["clients"] += 1
            self._things[key] = found
        return self._things[key]

    def _task(self, row: Row) -> int:
        key = ("task", name_key(row.task))
        if key not in self._things:
            found = store.task(self.call.tx, self.call.account_id, row.task)
            if found is None:
                self._require_making(f"no task is called {row.task[:100]}")
                new = tasks.add(
                    self.call, name=row.task, billable_by_default=True, default_hourly_rate_e4=None, is_default=False
                )
                found = new.id
                self.made["tasks"] += 1
            self._things[key] = found
        return self._things[key]

    def _category(self, row: Row) -> tuple[int, bool]:
        if self._kinds is None:
            self._kinds = store.categories(self.call.tx, self.call.account_id)
        for id_, name, is_by_unit in self._kinds:
            if name_key(name) == name_key(row.category):
                return id_, is_by_unit
        self._require_making(f"no category of expenses is called {row.category[:100]}")
        made = categories.add(self.call, name=row.category)
        self.made["expense_categories"] += 1
        self._kinds.append((made.id, made.name, False))
        return made.id, False

    def _new_project(self, row: Row, client_id: int | None) -> Project:
        self._require_making(f"no project is called {row.project[:100]}")
        if client_id is None:
            raise Unknown("a new project needs a client")
        project = Project(
            account_id=self.call.account_id,
            id=self.call.next_serial("harvest_projects"),
            client_id=client_id,
            name=row.project,
            code=row.code or None,
            is_active=True,
            is_billable=True,
            is_fixed_fee=False,
            bill_by=BillBy.NONE,
            hourly_rate_e4=None,
            budget_by=BudgetBy.NONE,
            budget_e2=None,
            cost_budget_e2=None,
            budget_is_monthly=False,
            notify_when_over_budget=False,
            over_budget_notification_percentage_e2=PERCENTAGE_E2_DEFAULT,
            over_budget_notified_on=None,
            show_budget_to_all=False,
            cost_budget_include_expenses=False,
            fee_e2=None,
            notes=None,
            starts_on=None,
            ends_on=None,
            created_at=self.call.tx.now,
            updated_at=self.call.tx.now,
        )
        self.made["projects"] += 1
        return starting.start(self.call, project)

    def _place(self, project: Project, what: str, id_: int) -> None:
        """Put a person or a task on the project, if what is missing is to be made."""
        if not self.each.makes_missing or (project.id, what, id_) in self._placed:
            return
        if what == "user":
            person = user_assignments.of(self.call, project.id, id_)
            if person is None or not person.is_active:
                user_assignments.add(self.call, project, id_, {})
                self.made["assignments"] += 1
        else:
            task = task_assignments.of(self.call, project.id, id_)
            if task is None or not task.is_active:
                task_assignments.add(self.call, project, id_, {"billable": project.is_billable})
                self.made["assignments"] += 1
        self._placed.add((project.id, what, id_))

    def _require_making(self, why: str) -> None:
        if not self.each.makes_missing:
            raise Unknown(why)
