"""What a person does with the own account: profile, password, second step, sessions. Reached from the account menu."""

from __future__ import annotations

from pathlib import Path

from harbor.console.account import password, profile, second_step, sessions
from harbor.kernel.http.page import Section

SECTION = Section(
    name="account",
    label="Your account",
    icon="person",
    links=(),
    routes=(*profile.ROUTES, *password.ROUTES, *second_step.ROUTES, *sessions.ROUTES),
    templates=Path(__file__).parent / "templates",
    notices={**profile.NOTICES, **password.NOTICES, **second_step.NOTICES, **sessions.NOTICES},
)
# For the menu of the layout.
LINKS = (
    ("Profile", "/account"),
    ("Password", "/account/password"),
    ("Second step", "/account/second-step"),
    ("Sessions", "/account/sessions"),
)
