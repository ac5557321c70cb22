"""Settings → API keys: who may call the API, with secrets shown once, replaced with a period of grace, and revoked."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.identity.model import Credential
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.api_keys import api, service
from harbor.products.harbor_events.api_keys.service import Changes
from harbor.products.harbor_events.pages import places
from harbor.products.harbor_events.pages.places import at, path_of
from harbor.products.harbor_events.pages.webhook_forms import as_body, whole_number
from harbor.products.harbor_events.pages.webhooks import Confirmed, check_confirmed
from harbor.products.harbor_events.refusals import not_found
from harbor.products.harbor_events.wire import moment_of

NOTICES = {
    "key_saved": "The key is changed.",
    "key_revoked": "The key is revoked. Calls with it are refused from now on.",
}
PATH = f"{places.PATH}/settings/keys"
ONE = f"{PATH}/{{key_id}}"
TRAIL = (("API keys", PATH),)
MEANINGS = {
    scopes.EVENTS_READ: "List and retrieve events, follow their stream",
    scopes.EVENTS_WRITE: "Create events",
    scopes.WEBHOOKS_MANAGE: "Everything about webhooks and their deliveries",
    scopes.WORKSPACES_READ: "Read what a workspace is",
    scopes.DELIVERIES_READ: "Read deliveries and attempts",
    scopes.DELIVERIES_REPLAY: "Send deliveries again, cancel them",
    scopes.LOGS_READ: "Read the log of requests",
    scopes.EVENT_TYPES_MANAGE: "Change the catalogue of event types",
    scopes.KEYS_MANAGE: "Create and revoke keys",
    scopes.WORKSPACES_MANAGE: "Create, suspend and delete workspaces",
}


class ListQuery(Query):
    """Whose keys: the workspace's, or those of the whole organization."""

    of: Literal["workspace", "organization"] = "workspace"


class KeyForm(Form):
    """A key as it is typed."""

    of: str = "workspace"
    name: str = ""
    access: str = "chosen"
    scopes: list[str] = msgspec.field(default_factory=list)
    expires_at: str = ""
    rate_limit: str = ""
    allowed_cidrs: str = ""


class RollForm(Form):
    """When the present key ends."""

    expire_old_in_seconds: str = "86400"


def index(call: Call, place: Place, query: ListQuery, page: PageRequest) -> Html:
    """The keys, newest first."""
    if query.of == "organization":
        found = service.of_organization(call, page, ALWAYS, environment=None)
    else:
        found = service.of_workspace(call, at(place).id, page, ALWAYS)
    asked = {"of": query.of}
    return Html(
        "keys.html",
        "API keys",
        {
            "keys": found.items,
            "of": query.of,
            "now": call.tx.now,
            "next": f"{PATH}?{urlencode({**asked, 'starting_after': found.items[-1].id})}" if found.more else None,
            "first": f"{PATH}?{urlencode(asked)}" if page.after is not None else None,
            "is_first": page.after is None,
        },
    )


def new(query: ListQuery) -> Html:
    """The empty form."""
    return Html("key_form.html", "New API key", {**_form_context(KeyForm(of=query.of)), "key": None}, TRAIL)


def create(call: Call, place: Place, body: KeyForm) -> Html:
    """A new key. The page is the only one that shows its secret."""
    wanted = as_body(_fields(body), api.CreateKey)
    changes = Changes(
        name=wanted.name,
        scopes=wanted.scopes,
        expires_at=None if wanted.expires_at is None else moment_of(wanted.expires_at, "expires_at"),
        rate_limit=wanted.rate_limit,
        allowed_cidrs=wanted.allowed_cidrs,
    )
    if body.of == "organization":
        made = service.create_for_organization(call, changes, environment=None)
    elif body.of == "workspace":
        made = service.create(call, at(place).id, changes)
    else:
        raise Invalid("of must be workspace or organization.", field="of")
    return Html("key_secret.html", "API key created", {"key": made.key, "secret": made.secret, "old": None}, TRAIL)


def show(call: Call, place: Place, key_id: str) -> Html:
    """One key, and what can be done with it."""
    key = _visible(call, place, key_id)
    context = {"key": key, "now": call.tx.now, "is_good": key.is_good_at(call.tx.now), "roll_s_max": service.ROLL_S_MAX}
    return Html("key.html", key.name, context, TRAIL)


def edit(call: Call, place: Place, key_id: str) -> Html:
    """The form of a key that is there."""
    key = _visible(call, place, key_id)
    form = KeyForm(
        of="workspace" if key.workspace_id else "organization",
        name=key.name,
        access="all" if key.scopes is None else "chosen",
        scopes=sorted(key.scopes or ()),
        expires_at="" if key.expires_at is None else key.expires_at.strftime("%Y-%m-%dT%H:%M"),
        rate_limit=key.rate_limit or "",
        allowed_cidrs="\n".join(key.allowed_cidrs or ()),
    )
    return Html("key_form.html", "Edit API key", {**_form_context(form), "key": key}, (*TRAIL, _step_to(key)))


def update(call: Call, place: Place, environment: str, key_id: str, body: KeyForm) -> Answer:
    """Change a key; in force at once."""
    key = _visible(call, place, key_id)
    wanted = as_body(_fields(body), api.CreateKey)
    expires_at = None if wanted.expires_at is None else moment_of(wanted.expires_at, "expires_at")
    # The form shows whole minutes; one that was not touched does not move the moment.
    is_same = expires_at is not None and key.expires_at is not None and expires_at == _minute(key)
    service.update(
        call,
        key.id,
        Changes(
            name=wanted.name,
            scopes=wanted.scopes,
            rate_limit=wanted.rate_limit,
            allowed_cidrs=wanted.allowed_cidrs,
            **({} if is_same else {"expires_at": expires_at}),
        ),
    )
    return go(path_of(environment, at(place), "settings", "keys", key.id), done="key_saved")


def roll(call: Call, place: Place, key_id: str, body: RollForm) -> Html:
    """A second key like this one, shown once; the present one ends after a while."""
    old = _visible(call, place, key_id)
    wanted = as_body({"expire_old_in_seconds": whole_number(body.expire_old_in_seconds)}, api.RollKey)
    made = service.roll(call, old.id, expire_old_in_s=wanted.expire_old_in_seconds)
    ended = service.administered(call, old.id)[1]
    return Html("key_secret.html", "API key rolled", {"key": made.key, "secret": made.secret, "old": ended}, TRAIL)


def revoke(call: Call, place: Place, environment: str, key_id: str, body: Confirmed) -> Answer:
    """End a key at once."""
    key = _visible(call, place, key_id)
    check_confirmed(body)
    service.revoke(call, key.id)
    return go(path_of(environment, at(place), "settings", "keys", key.id), done="key_revoked")


def _visible(call: Call, place: Place, key_id: str) -> Credential:
    key = service.administered(call, key_id)[1]
    if key.workspace_id not in (None, at(place).id):
        raise not_found("API key", key_id)
    return key


def _minute(key: Credential) -> object:
    return None if key.expires_at is None else key.expires_at.replace(second=0, microsecond=0)


def _fields(form: KeyForm) -> dict[str, Any]:
    if form.access == "all" and form.scopes:
        raise Invalid("The key may do everything already; take the ticks off, or choose only these.", field="access")
    if form.access == "chosen" and not form.scopes:
        raise Invalid("Choose at least one scope, or give the key all of them.", field="scopes")
    return {
        "name": form.name,
        "scopes": form.scopes if form.access == "chosen" else None,
        "expires_at": form.expires_at.strip() or None,
        "rate_limit": form.rate_limit.strip() or None,
        "allowed_cidrs": form.allowed_cidrs.replace(",", " ").split() or None,
    }


def _form_context(form: KeyForm) -> dict[str, Any]:
    is_organization = form.of == "organization"
    possible = [word for word in scopes.ALL if is_organization or word not in scopes.ORGANIZATION_ONLY]
    return {"form": form, "scopes": [(word, word, MEANINGS[word]) for word in possible]}


def _step_to(key: Credential) -> tuple[str, str]:
    return key.name, f"{PATH}/{key.id}"


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    return Route(
        f"harbor.keys.{name}",
        method,
        path,
        handler,
        locate=located.of_workspace,
        scope=scopes.KEYS_MANAGE,
        writes=method == "POST",
        **more,
    )


ROUTES = (
    _route("list", "GET", PATH, index, paged=True),
    _route("new", "GET", f"{PATH}/new", new),
    _route("create", "POST", PATH, create),
    _route("show", "GET", ONE, show),
    _route("edit", "GET", f"{ONE}/edit", edit),
    _route("update", "POST", ONE, update),
    _route("roll", "POST", f"{ONE}/roll", roll),
    _route("revoke", "POST", f"{ONE}/revoke", revoke),
)
