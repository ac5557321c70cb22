"""Harvest in the console: a person's tokens and applications, and the page that asks whether an application may act."""

from __future__ import annotations

from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.products.harvest_timesheets.pages import authorize, developers

SECTION = Section(
    name="harvest",
    label="Harvest",
    icon="clock",
    links=(Link("Developers", developers.PATH),),
    routes=(*developers.ROUTES, *authorize.ROUTES),
    templates=Path(__file__).parent / "templates",
    notices=developers.NOTICES,
)
