"""Harvest's pages as people see them: an account with a project, an administrator, a member and somebody who is nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.console.session import Browser, sign_in
from tests.products.harper_tables.pages.workshop import Page, page_of
from tests.products.harvest_timesheets.office import Json, Office, open_office
from tests.products.harvest_timesheets.office import Person as Colleague

from harbor.kernel.clock import ManualClock
from harbor.kernel.identity.people_model import Role
from harbor.kernel.storage.database import Database

BASE = "/production/harvest"


@dataclass(frozen=True, slots=True)
class Studio:
    """The account, and who sits before the console: `ada` administers it, `max_` is a member of it."""

    office: Office
    project: Json
    task: Json
    colleague: Colleague
    ada: Browser
    max_: Browser
    nobody: Browser

    @property
    def work(self) -> str:
        """The project and the task, as forms name them."""
        return f"{self.project['id']}-{self.task['id']}"

    async def page(self, path: str, *, at: Browser | None = None, status: int = 200) -> Page:
        """A page of the section."""
        reply = await (at or self.ada).get(path if path.startswith("/") else f"{BASE}/{path}")
        return page_of(reply, status)

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        *,
        at: Browser | None = None,
        status: int = 200,
        files: Mapping[str, tuple[str, bytes]] | None = None,
    ) -> Page:
        """The page that a form leads to, or that refuses it."""
        browser = at or self.ada
        reply = await browser.post(path if path.startswith("/") else f"{BASE}/{path}", fields, files=files)
        if reply.status == 303:
            reply = await browser.follow(reply)
        return page_of(reply, status)


@asynccontextmanager
async def open_studio(database: Database, clock: ManualClock, folder: Path) -> AsyncIterator[Studio]:
    """The studio until the block ends."""
    async with open_office(database, clock, folder, has_console=True) as office:
        project = await office.project(name="Website", budget_by="project", budget=10)
        task = await office.task(name="Sketching")
        await office.admin.made(
            f"/v2/projects/{project['id']}/task_assignments", {"task_id": task["id"], "billable": True}
        )
        colleague = await office.person(first_name="Max", last_name="Member", email="max@example.com")
        await office.admin.made(
            f"/v2/projects/{project['id']}/user_assignments",
            {"user_id": colleague.id, "is_project_manager": False},
        )
        house, organization = office.house, office.organization
        yield Studio(
            office=office,
            project=project,
            task=task,
            colleague=colleague,
            ada=await sign_in(house, organization, email="ada@example.com"),
            max_=await sign_in(house, organization, role=Role.MEMBER, email="max@example.com", name="Max"),
            nobody=await sign_in(house, organization, role=Role.MEMBER, name="Nora Nobody"),
        )
