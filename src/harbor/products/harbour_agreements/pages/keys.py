"""Settings → Integrations: API keys, for administrators of the organization alone. Source: docs/products/harbour.md#keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.api_keys import service
from harbor.products.harbour_agreements.pages import places
from harbor.products.harbour_agreements.pages.places import Confirmed, path_of
from harbor.products.harbour_agreements.versions import CURRENT, PREVIEW, VERSIONS

NOTICES = {"api_key_revoked": "The key is revoked. Calls with it are refused from now on."}
PATH = f"{places.PATH}/settings/integrations"
ONE = f"{PATH}/{{api_key_id}}"
TRAIL = (("Integrations", PATH),)
MEANINGS = {
    scopes.VERIFICATIONS_READ: "List and read verifications",
    scopes.VERIFICATIONS_WRITE: "Start, submit, cancel and decide them",
    scopes.VERIFICATIONS_DELETE: "Redact and delete them",
    scopes.WEBHOOKS_READ: "Read webhooks and their events",
    scopes.WEBHOOKS_WRITE: "Change webhooks, send events again",
    scopes.AGREEMENTS_READ: "Read agreements and submissions",
    scopes.AGREEMENTS_WRITE: "Change agreements and links",
}
_OVERLAPS = {"0": 0, "3600": 3_600, "86400": 86_400, "604800": 604_800}


class KeyForm(Form, kw_only=True):
    """A key as it is typed; networks one a line."""

    name: str = ""
    scopes: list[str] = msgspec.field(default_factory=list)
    version: str = CURRENT
    allowed_cidrs: str = ""


class RotateForm(Form, kw_only=True):
    """How long the present key goes on."""

    overlap: str = "86400"


def index(call: Call) -> Html:
    """The keys, newest first."""
    context = {"keys": service.listed(call), "now": call.tx.now}
    return Html("keys.html", "Integrations", context)


def new() -> Html:
    """The empty form."""
    context = {"meanings": list(MEANINGS.items()), "versions": _versions(), "current": CURRENT}
    return Html("key_form.html", "New API key", context, TRAIL)


def create(call: Call, body: KeyForm) -> Html:
    """Make a key. The page is the only one that shows it."""
    if not body.name.strip():
        raise Invalid("A key needs a name.", field="name")
    if body.version not in _versions():
        raise Invalid("There is no such version.", field="version")
    networks = [line.strip() for line in body.allowed_cidrs.splitlines() if line.strip()]
    made = service.create(
        call, name=body.name.strip(), version=body.version, scopes=body.scopes, allowed_cidrs=networks or None
    )
    return Html("key_secret.html", "API key created", {"key": made.credential, "secret": made.secret}, TRAIL)


def show(call: Call, api_key_id: str) -> Html:
    """One key."""
    key = service.visible(call, api_key_id)
    context = {
        "key": key,
        "version": service.version_of(key),
        "scopes": scopes.without_pin(key.scopes or ()),
        "is_good": key.is_good_at(call.tx.now),
        "now": call.tx.now,
    }
    return Html("key.html", key.name, context, TRAIL)


def rotate(call: Call, api_key_id: str, body: RotateForm) -> Html:
    """Another key like this one, which ends after the overlap."""
    service.visible(call, api_key_id)
    if body.overlap not in _OVERLAPS:
        raise Invalid("Choose when the present key ends.", field="overlap")
    made = service.rotate(call, api_key_id, overlap=timedelta(seconds=_OVERLAPS[body.overlap]))
    return Html("key_secret.html", "API key replaced", {"key": made.credential, "secret": made.secret}, TRAIL)


def revoke(call: Call, environment: str, api_key_id: str, body: Confirmed) -> Answer:
    """End a key."""
    service.visible(call, api_key_id)
    if body.confirm != "yes":
        raise Invalid("Tick the box to confirm; nothing was changed.", field="confirm")
    service.revoke(call, api_key_id)
    return go(path_of(environment, "settings", "integrations"), done="api_key_revoked")


def _versions() -> list[str]:
    return [version for version in reversed(VERSIONS.known) if version != PREVIEW]


def _route(name: str, method: str, path: str, handler: Any) -> Route:
    return Route(f"harbour.keys.{name}", method, path, handler, scope=places.MANAGE, writes=method == "POST")


ROUTES = (
    _route("list", "GET", PATH, index),
    _route("new", "GET", f"{PATH}/new", new),
    _route("create", "POST", PATH, create),
    _route("show", "GET", ONE, show),
    _route("rotate", "POST", f"{ONE}/rotate", rotate),
    _route("revoke", "POST", f"{ONE}/revoke", revoke),
)
