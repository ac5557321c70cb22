"""Harvest in the console: timesheets and their approval, a person's tokens and applications, and consent to these."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harvest_timesheets.pages import (
    approvals,
    authorize,
    days,
    developers,
    timesheet,
    timesheet_month,
    timesheet_week,
)

SECTION = Section(
    name="harvest",
    label="Harvest",
    icon="clock",
    links=(
        Link("Timesheet", days.TIME),
        Link("Approvals", approvals.APPROVALS),
        Link("Developers", developers.PATH),
    ),
    routes=(
        *timesheet.ROUTES,
        *timesheet_week.ROUTES,
        *timesheet_month.ROUTES,
        *approvals.ROUTES,
        *developers.ROUTES,
        *authorize.ROUTES,
    ),
    templates=Path(__file__).parent / "templates",
    notices={
        **timesheet.NOTICES,
        **timesheet_week.NOTICES,
        **approvals.NOTICES,
        **developers.NOTICES,
    },
)
