"""Opening Harvest in an account that has none, by an owner and with one button."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied
from harbor.kernel.http.page import go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.identity import people_store
from harbor.products.harvest_timesheets import opening
from harbor.products.harvest_timesheets.pages.acting import PATH
from harbor.products.harvest_timesheets.pages.settings_parts import SETTINGS

_PATH = f"{PATH}/open"
NOTICES = {"harvest_opened": "Harvest is open, and you administer it. Look through its settings first."}


def open_here(call: Call, environment: str) -> Answer:
    """Open it for who is signed in, and lead on to its settings."""
    person = people_store.find(call.tx, call.principal.organization_id, call.principal.actor)
    if person is None:
        raise Denied("Only a person may do this.")
    opening.open_for(call, person)
    return go(SETTINGS.format(environment=environment), done="harvest_opened")


ROUTES: tuple[Route, ...] = (Route("harvest.open", "POST", _PATH, open_here, writes=True),)
