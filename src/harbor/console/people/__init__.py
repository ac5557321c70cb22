"""The people of an organization: who is there, who is invited, what each may do. For owners and administrators."""

from __future__ import annotations

from pathlib import Path

from harbor.console.people import api, changes, invitations
from harbor.console.people.scope import SCOPE
from harbor.kernel.http.page import Link, Section

SECTION = Section(
    name="people",
    label="Organization",
    icon="people",
    links=(Link("People", "/people", scope=SCOPE),),
    routes=(*api.ROUTES, *invitations.ROUTES, *changes.ROUTES),
    templates=Path(__file__).parent / "templates",
    notices={**api.NOTICES, **changes.NOTICES},
)
