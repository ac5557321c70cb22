"""Work to be billed: a client with a project, and what is tracked on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.products.harvest_timesheets.office import Json, Office


@dataclass(frozen=True, slots=True)
class Work:
    """A project with its client, one billable task and its free one."""

    office: Office
    project: Json
    task_id: int
    free_task_id: int

    @property
    def client_id(self) -> int:
        """Whose project it is."""
        return int(self.project["client"]["id"])

    @property
    def id(self) -> int:
        """The project."""
        return int(self.project["id"])

    async def track(self, day: str, hours: float, **facts: object) -> Json:
        """Time on the billable task."""
        about: Json = {"project_id": self.id, "task_id": self.task_id, "spent_date": day, "hours": hours, **facts}
        return await self.office.admin.made("/v2/time_entries", about)

    async def spend(self, day: str, cost: float, category: str = "Meals", **facts: object) -> Json:
        """An expense of a category that is counted in money."""
        found = (await self.office.admin.got("/v2/expense_categories"))["expense_categories"]
        category_id = next(each["id"] for each in found if each["name"] == category)
        about: Json = {"project_id": self.id, "expense_category_id": category_id, "spent_date": day}
        return await self.office.admin.made("/v2/expenses", {**about, "total_cost": cost, **facts})

    async def invoice(self, **facts: Any) -> Json:
        """An invoice of the client."""
        return await self.office.admin.made("/v2/invoices", {"client_id": self.client_id, **facts})

    async def bill(self, time: Json | None = None, expenses: Json | None = None, **facts: Any) -> Json:
        """An invoice of what is tracked."""
        asked = {"project_ids": [self.id], "time": time, "expenses": expenses}
        return await self.invoice(line_items_import={k: v for k, v in asked.items() if v is not None}, **facts)


async def begin(office: Office, **facts: object) -> Work:
    """A project that is billed at 100 an hour, unless `facts` say otherwise."""
    project = await office.project(**{"bill_by": "Project", "hourly_rate": 100, **facts})
    uses = (await office.admin.got(f"/v2/projects/{project['id']}/task_assignments"))["task_assignments"]
    task = next(each["task"]["id"] for each in uses if each["task"]["name"] == "Programming")
    free = next(each["task"]["id"] for each in uses if not each["billable"])
    return Work(office, project, task, free)


def service(unit_price: float, **facts: object) -> Json:
    """A line of services."""
    return {"kind": "Service", "unit_price": unit_price, **facts}
