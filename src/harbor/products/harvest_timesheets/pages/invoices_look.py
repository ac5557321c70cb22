"""How invoices, estimates and statements look: a colour and a logo."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from harbor.kernel.blobs import Blobs
from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.http.multipart import Fields, Upload
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.billing_settings import branding
from harbor.products.harvest_timesheets.billing_settings.branding_model import LOGO_BYTES_MAX, Branding, Logo
from harbor.products.harvest_timesheets.pages import invoices
from harbor.products.harvest_timesheets.pages.acting import as_user, get, look_first, post
from harbor.products.harvest_timesheets.public_pages import logos
from harbor.products.harvest_timesheets.public_pages.pdf import PRESS

NOTICES = {"look_saved": "The look of documents is saved."}
_PATH = f"{invoices.INVOICES}/look"


class Facts(Form, kw_only=True):
    """The look as it is chosen."""

    colour: str = ""
    logo: Upload | None = None
    removes_logo: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the file of a form: kept, refused, or there was none."""

    logo: Logo | None = None
    refusal: Invalid | None = None


def show(call: Call) -> Html:
    """The look and its form."""
    branding.to_change(call)
    context = {"look": branding.of(call), "bytes_max": LOGO_BYTES_MAX, "kilobytes_max": LOGO_BYTES_MAX // KIB}
    return Html("invoice_look.html", "Look of documents", context, invoices.TRAIL)


async def keep(value: object, request: Request, services: Services) -> Kept:
    """Look at the file of the form and keep it, outside the transaction."""
    upload = value.file("logo") if isinstance(value, Fields) else None
    if upload is None or not (upload.data or upload.file_name):
        return Kept()
    # A picture is unpacked in a process of its own, of which there are few: not for everybody.
    await look_first(request, services, branding.to_change)
    assert request.principal is not None, request.route_name
    blobs: Blobs = services.tools["blobs"]
    try:
        return Kept(await logos.keep(upload.data, request.principal.account_id, blobs, PRESS))
    except Invalid as refusal:
        return Kept(refusal=refusal)


def save(call: Call, environment: str, body: Facts, prepared: Kept) -> Answer:
    """Change the look."""
    branding.to_change(call)
    if prepared.refusal is not None:
        raise prepared.refusal
    branding.change(call, colour=body.colour, logo=prepared.logo, removes_logo=body.removes_logo)
    return go(_PATH.format(environment=environment), done="look_saved")


async def logo(services: Services, stage: RawStage) -> Reply:
    """The logo."""

    def look(call: Call, _supply: dict[str, Any]) -> tuple[str, Branding]:
        acting = as_user(call)
        if acting is None:
            raise Missing("There is no such thing in Harvest, or you are not in this account of it.")
        branding.to_change(acting)
        return acting.account_id, branding.of(acting)

    account_id, found = await stage.read(look)
    if found.logo is None:
        raise Missing("There is no logo.")
    blobs: Blobs = services.tools["blobs"]
    data = await asyncio.to_thread(blobs.read, account_id, found.logo.key)
    return Reply(200, data, {"X-Content-Type-Options": "nosniff"}, found.logo.content_type)


ROUTES: tuple[Route, ...] = (
    get("harvest.invoice.look", _PATH, show),
    post("harvest.invoice.look.save", _PATH, save, prepare=keep),
    Route("harvest.invoice.logo", "GET", f"{_PATH}/logo", logo, raw=True),
)
