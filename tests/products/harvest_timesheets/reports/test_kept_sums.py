"""The sums that are kept with time are those of the entries, whatever is done to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from tests.products.harvest_timesheets.office import AREA, Json, Office
from tests.products.harvest_timesheets.reports.test_reports import raw

from harbor.kernel.call import Call
from harbor.kernel.storage.migrate import migration_sql, statements
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import BudgetHours, Rounding
from harbor.products.harvest_timesheets.pricing import jobs as pricing_jobs
from harbor.products.harvest_timesheets.pricing import service as pricing

KEYS = ("project_id", "user_id", "task_id", "client_id", "billable", "budgeted", "is_billed", "approval_status")
DAYS = ("2025-12-31", "2026-01-01", "2026-01-15", "2026-01-31", "2026-02-28", "2026-03-01")
ACTS = 220
MAKING_ANEW = statements((AREA.folder / "0030_sums_of_costs.sql").read_text())
ACTS_BETWEEN_LOOKS = 20


class Life:
    """An office in which anything happens. What is refused changes nothing, and is not minded."""

    def __init__(self, office: Office, random: Random) -> None:
        self.office, self.random = office, random
        self.did: Counter[tuple[str, int]] = Counter()
        self.clients: list[int] = []
        self.people = [office.opened.administrator.id]
        self.tasks: list[int] = []

    async def begin(self) -> None:
        """Two clients, three projects, three people."""
        self.clients = [(await self.office.client())["id"] for _ in range(2)]
        self.people += [(await self.office.person("manager", default_hourly_rate=50)).id for _ in range(2)]
        self.tasks = [each["id"] for each in (await self.office.admin.got("/v2/tasks"))["tasks"][:4]]
        for _ in range(3):
            await self.project()

    async def ask(self, method: str, path: str, body: object = None) -> Json:
        """The reply, whatever it is."""
        reply = await self.office.admin.ask(method, path, body)
        assert reply.status < 500, (method, path, body, reply.body)
        self.did[path.split("/")[2].partition("?")[0] + f" {method}", reply.status // 100] += 1
        found: Json = reply.json()
        return found

    async def one_of(self, path: str, key: str | None = None) -> int:
        """The id of something that is there; 0 if nothing is."""
        found = (await self.office.admin.got(path))[key or path.rpartition("/")[2]]
        return int(self.random.choice(found)["id"]) if found else 0

    def maybe(self) -> bool:
        """Heads or tails."""
        return self.random.random() < 0.5

    async def track(self) -> None:
        """Time, or a timer."""
        facts: Json = {
            "project_id": await self.one_of("/v2/projects"),
            "task_id": self.random.choice(self.tasks),
            "user_id": self.random.choice(self.people),
            "spent_date": self.random.choice(DAYS),
        }
        if self.random.random() < 0.8:
            facts["hours"] = self.random.randrange(0, 900) / 100
        await self.ask("POST", "/v2/time_entries", facts)

    async def change(self) -> None:
        """Another place, day or length of time."""
        facts: Json = {
            "project_id": await self.one_of("/v2/projects"),
            "task_id": self.random.choice(self.tasks),
            "spent_date": self.random.choice(DAYS),
            "hours": self.random.randrange(0, 900) / 100,
            "notes": "x",
        }
        some = {name: value for name, value in facts.items() if self.maybe()}
        await self.ask("PATCH", f"/v2/time_entries/{await self.one_of('/v2/time_entries')}", some)

    async def move_timer(self) -> None:
        """Start or stop."""
        what = self.random.choice(["stop", "restart"])
        await self.ask("PATCH", f"/v2/time_entries/{await self.one_of('/v2/time_entries')}/{what}")
        self.office.house.clock.advance(self.random.randrange(4000))

    async def delete(self) -> None:
        """Time that goes."""
        await self.ask("DELETE", f"/v2/time_entries/{await self.one_of('/v2/time_entries')}")

    async def approve(self) -> None:
        """Some step of approval."""
        what = self.random.choice(["submit_for_approval", "approve", "reject", "unsubmit", "unsubmit"])
        ids = [await self.one_of("/v2/time_entries") for _ in range(2)]
        await self.ask("POST", f"/v2/time_entries/{what}", {"time_entry_ids": ids})

    async def project(self) -> None:
        """A new project with everybody on it."""
        made = await self.office.project(
            client_id=self.random.choice(self.clients), bill_by="Project", hourly_rate=self.random.randrange(10, 99)
        )
        for person in self.people[1:]:
            await self.ask("POST", f"/v2/projects/{made['id']}/user_assignments", {"user_id": person})

    async def change_project(self) -> None:
        """Another price, client or budget."""
        facts: Json = {
            "client_id": self.random.choice(self.clients),
            "bill_by": self.random.choice(["Project", "Tasks", "People", "none"]),
            "budget_by": self.random.choice(["project", "task", "person", "none"]),
            "hourly_rate": self.random.randrange(10, 99),
            "is_billable": self.random.random() < 0.8,
            "is_active": self.random.random() < 0.8,
        }
        some = {name: value for name, value in facts.items() if self.maybe()}
        await self.ask("PATCH", f"/v2/projects/{await self.one_of('/v2/projects')}", some)

    async def end_project(self) -> None:
        """One project goes with its time."""
        if len((await self.office.admin.got("/v2/projects"))["projects"]) > 2:
            await self.ask("DELETE", f"/v2/projects/{await self.one_of('/v2/projects')}")
        await self.project()

    async def change_seat(self) -> None:
        """Another rate or budget of a person or of a task on a project."""
        base = f"/v2/projects/{await self.one_of('/v2/projects')}"
        kind = self.random.choice(["user_assignments", "task_assignments"])
        facts: Json = {
            "hourly_rate": self.random.randrange(10, 99),
            "budget": self.random.choice([None, 10]),
            "use_default_rates": self.maybe(),
            "billable": self.maybe(),
        }
        path = f"{base}/{kind}/{await self.one_of(f'{base}/{kind}')}"
        await self.ask("PATCH", path, facts) if self.random.random() < 0.8 else await self.ask("DELETE", path)

    async def change_rate(self) -> None:
        """Another rate of a person, from some day on."""
        kind = self.random.choice(["billable_rates", "cost_rates"])
        facts: Json = {"amount": self.random.randrange(10, 99)}
        if self.maybe():
            facts["start_date"] = self.random.choice(DAYS)
        await self.ask("POST", f"/v2/users/{self.random.choice(self.people)}/{kind}", facts)

    async def change_rules(self) -> None:
        """Another rounding."""
        rounding, budget = self.random.choice(list(Rounding)), self.random.choice(list(BudgetHours))

        def act(call: Call) -> None:
            company.change_rules(call, company.of(call), rounding=rounding, rounding_minutes=15, budget_hours=budget)

        await self.office.write(act)

    async def bill(self) -> None:
        """An invoice of some project's time."""
        project = self.random.choice((await self.office.admin.got("/v2/projects"))["projects"])
        asked: Json = {"project_ids": [project["id"]], "time": {"summary_type": "task"}}
        if self.maybe():
            asked["time"] |= {"from": DAYS[0], "to": DAYS[3]}
        await self.ask("POST", "/v2/invoices", {"client_id": project["client"]["id"], "line_items_import": asked})

    async def unbill(self) -> None:
        """An invoice that goes, or has another number."""
        path = f"/v2/invoices/{await self.one_of('/v2/invoices')}"
        number = str(self.random.random())
        await self.ask("DELETE", path) if self.maybe() else await self.ask("PATCH", path, {"number": number})

    async def archive(self) -> None:
        """Somebody or something in the archive, or out of it."""
        path = self.random.choice([f"/v2/users/{self.people[-1]}", f"/v2/tasks/{self.tasks[-1]}"])
        await self.ask("PATCH", path, {"is_active": self.random.random() < 0.7})

    async def jobs(self) -> None:
        """What was left for later."""
        await self.office.house.settle()


async def assert_sums_are_those_of_the_entries(office: Office) -> None:
    entries = await raw(office, "harvest_time_entries")
    expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in entries:
        rates = [-1 if row[name] is None else row[name] for name in ("rate_e4", "cost_rate_e4")]
        for month in ("", row["spent_on"][:7]):
            sums = expected[month, *rates, *(row[name] for name in KEYS)]
            sums[0] += 1
            sums[1] += row["rounded_e2"]
            sums[2] += row["hours_e2"]
    kept = {
        (row["month"], row["rate_e4"], row["cost_rate_e4"], *(row[name] for name in KEYS)): [
            row["entries"],
            row["rounded_e2"],
            row["hours_e2"],
        ]
        for row in await raw(office, "harvest_time_sums")
    }
    assert kept == expected
    assert sum(row["entries"] for row in await raw(office, "harvest_time_totals")) == len(entries)


def make_anew(call: Call) -> None:
    """As the migration does that changed their table."""
    for statement in MAKING_ANEW:
        call.tx.run(migration_sql(statement, call.tx.engine))


async def test_sums_never_drift_whatever_happens(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pricing, "ENTRIES_AT_ONCE_MAX", 8)
    monkeypatch.setattr(pricing_jobs, "STEP_ENTRIES", 3)
    random = Random(20260504)
    life = Life(office, random)
    await life.begin()
    acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
        (life.track, 10),
        (life.change, 6),
        (life.move_timer, 3),
        (life.delete, 1),
        (life.approve, 3),
        (life.change_project, 3),
        (life.end_project, 1),
        (life.change_seat, 3),
        (life.change_rate, 2),
        (life.change_rules, 1),
        (life.bill, 3),
        (life.unbill, 2),
        (life.archive, 1),
        (life.jobs, 4),
    ]
    for number in range(ACTS):
        await random.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()
        if number % ACTS_BETWEEN_LOOKS == 0:
            await assert_sums_are_those_of_the_entries(office)

    await life.jobs()
    await assert_sums_are_those_of_the_entries(office)
    await office.write(make_anew)
    await assert_sums_are_those_of_the_entries(office)
    done = {what for what, hundred in life.did if hundred == 2}
    assert {"time_entries PATCH", "time_entries DELETE", "projects DELETE", "invoices POST", "invoices DELETE"} <= done
