"""System: how the installation is, for owners and administrators of the organization that operates it."""

from __future__ import annotations

from pathlib import Path

from harbor.console.system import api
from harbor.kernel.http.page import Link, Section

SECTION = Section(
    name="system",
    label="System",
    icon="system",
    links=(Link("State", "/system", scope=api.SCOPE),),
    routes=api.ROUTES,
    templates=Path(__file__).parent / "templates",
)
