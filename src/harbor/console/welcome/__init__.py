"""First-run set-up: who has just installed Harbor gives the organization, and oneself, their names."""

from __future__ import annotations

from pathlib import Path

from harbor.console.welcome import api
from harbor.kernel.http.page import Section

SECTION = Section(
    name="welcome",
    label="Welcome",
    icon="mark",
    links=(),
    routes=api.ROUTES,
    templates=Path(__file__).parent / "templates",
)
