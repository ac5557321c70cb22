"""All pages of reports, for the section."""

from __future__ import annotations

from typing import Final

from harbor.kernel.http.page import Link
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.pages import (
    explain,
    report_costs,
    report_detailed,
    report_files,
    report_parts,
    report_saved,
    reports,
)

LINKS: Final = (Link("Reports", report_parts.REPORTS),)
ROUTES: tuple[Route, ...] = (
    *explain.ROUTES,
    *reports.ROUTES,
    *report_costs.ROUTES,
    *report_detailed.ROUTES,
    *report_files.ROUTES,
    *report_saved.ROUTES,
)
NOTICES: dict[str, str] = {**report_saved.NOTICES}
