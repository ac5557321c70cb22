"""Providers of an organization on the wire, the trial of a description, and callbacks."""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec
import structlog

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Limited, Unauthenticated
from harbor.kernel.http.body import read_body
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import system
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.dialect import REFUSALS
from harbor.products.harbour_agreements.engine.api import TOOL
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.provider_configs import service
from harbor.products.harbour_agreements.provider_configs.model import ProviderConfig
from harbor.products.harbour_agreements.providers.http.model import HttpSettings, Secrets
from harbor.products.harbour_agreements.providers.protocol import Provider, ProviderError, Unauthentic
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.refusals import Problem, invalid, not_found
from harbor.products.harbour_agreements.webhooks.destinations import refusal_of

log = structlog.get_logger("harbor.harbour")
CALLBACK_BYTES_MAX = 1024 * 1024


class CreateProvider(OpenBody):
    """A new provider: its key, its description, and its secrets."""

    key: str
    settings: HttpSettings
    secret: str
    callback_secret: str | None = None


class UpdateProvider(OpenBody):
    """Another description. Without `secret` the secrets stay."""

    settings: HttpSettings
    secret: str | None = None
    callback_secret: str | None = None


class TryProvider(OpenBody):
    """An answer of the provider as it was recorded, and a description to read it by, if it is not the kept one."""

    sample: Any
    settings: HttpSettings | None = None


class ProviderBody(TypedDict):
    """A provider as it is shown; its secrets never are."""

    provider_id: str
    key: str
    settings: HttpSettings
    callback_path: str
    created_at: int
    updated_at: int


class TriedBody(TypedDict):
    """What a sample means."""

    reference: str | None
    status: str | None
    result: str | None
    sub_status: str | None
    parts: dict[str, str]
    problem: str | None


class CalledBackBody(TypedDict):
    """How many checks a callback moved."""

    moved: int


def of_provider(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The provider in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["provider_id"]))


async def check_address(value: Any, services: Services) -> None:
    """Refuse a base URL by its text and by where its host leads now. Raises `Invalid` (invalid_url, unsafe_url)."""
    settings = value.get("settings") if isinstance(value, dict) else None
    url = settings.get("base_url") if isinstance(settings, dict) else None
    if not isinstance(url, str):
        return  # absent or no text: that is the decoder's to say
    path = "settings.base_url"
    try:
        services.outbound.target(url, field=path)
        await services.outbound.check_resolves(url, field=path)
    except Invalid as error:
        raise refusal_of(error, url, path) from None


def index(call: Call, page: PageRequest) -> Page[ProviderConfig]:
    """The providers that the organization described."""
    found = service.listed(call)
    return Page(found[page.offset : page.offset + page.limit], total=len(found))


def create(call: Call, body: CreateProvider) -> Created[ProviderConfig]:
    """Describe a provider."""
    secrets = Secrets(auth=body.secret, callback=body.callback_secret)
    made = service.create(call, key=body.key, settings=body.settings, secrets=secrets)
    return Created(made, location=f"/providers/{made.id}")


def retrieve(place: Place) -> ProviderConfig:
    """One provider."""
    found: ProviderConfig = place.thing
    return found


def update(call: Call, body: UpdateProvider, place: Place) -> ProviderConfig:
    """Describe a provider anew."""
    if body.secret is None and body.callback_secret is not None:
        raise invalid(Problem("secret", "required", "Send both secrets, or none to keep them."))
    secrets = None if body.secret is None else Secrets(auth=body.secret, callback=body.callback_secret)
    return service.update(call, place.thing, body.settings, secrets)


def delete(call: Call, place: Place) -> ProviderConfig:
    """Remove a provider."""
    return service.delete(call, place.thing)


def dry_run(call: Call, body: TryProvider, place: Place) -> TriedBody:
    """Say what an answer would mean, and change nothing."""
    tried = service.dry_run(body.settings or place.thing.settings, body.sample, call)
    return {
        "reference": tried.reference,
        "status": tried.status,
        "result": tried.result,
        "sub_status": tried.sub_status,
        "parts": tried.parts,
        "problem": tried.problem,
    }


async def called_back(request: Request, services: Services, stage: RawStage, provider_id: str) -> Reply:
    """Take a provider's reports. 202 for whatever it signed; what is late, repeated or of a check that is gone changes nothing."""
    with await read_body(stage.receive, request.scope["headers"], CALLBACK_BYTES_MAX, services.budget) as body:
        raw = body.read()
    providers: Providers = services.tools[TOOL]
    account_id, provider = await services.database.read(lambda tx: _provider(tx, services, providers, provider_id))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
    moved = 0
    try:
        updates = provider.parse_callback(headers, raw)
    except Unauthentic as error:
        verdict = await services.limiter.take(f"refused:harbour:{request.client}", REFUSALS, services.clock.now())
        if services.limits_are_on and not verdict.allowed:
            raise Limited("Too many callbacks that nobody signed.", retry_after_s=verdict.retry_after_s) from None
        raise Unauthenticated(str(error)) from None
    except ProviderError as error:
        log.warning("callback_unread", provider=provider_id, error=str(error))
    else:
        moved = await services.database.write(
            lambda tx: service.take(_call(tx, services, account_id), provider.key, updates)
        )
    return Reply(202, msgspec.json.encode(CalledBackBody(moved=moved)))


def show(config: ProviderConfig) -> ProviderBody:
    """The fields of a provider."""
    return {
        "provider_id": config.id,
        "key": config.key,
        "settings": config.settings,
        "callback_path": f"/providers/{config.id}/callbacks",
        "created_at": unix_ms(config.created_at),
        "updated_at": unix_ms(config.updated_at),
    }


def _provider(tx: Tx, services: Services, providers: Providers, provider_id: str) -> tuple[str, Provider]:
    account_id = service.account_of(tx, provider_id)
    if account_id is None:
        raise not_found("provider", provider_id)
    call = _call(tx, services, account_id)
    found = providers.find(call, service.visible(call, provider_id).key)
    if found is None:
        raise not_found("provider", provider_id)
    return account_id, found


def _call(tx: Tx, services: Services, account_id: str) -> Call:
    account = identity.account(tx, account_id)
    assert account is not None, account_id
    return services.call(tx, system(account.id, account.organization_id, account.environment))


_ONE = "/providers/{provider_id}"
_TAGS = ("Providers",)


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    settings: dict[str, Any] = {
        "scope": scopes.VERIFICATIONS_READ if method == "GET" else scopes.VERIFICATIONS_WRITE,
        "locate": of_provider,
        "writes": method != "GET",
        **more,
    }
    return Route(f"providers.{name}", method, path, handler, summary=summary, tags=_TAGS, **settings)


ROUTES = (
    _route("list", "GET", "/providers", index, "List providers", locate=None, paged=True, show=show),
    _route(
        "create",
        "POST",
        "/providers",
        create,
        "Describe a provider",
        locate=None,
        prepare=check_address,
        show=show,
        status=201,
    ),
    _route("retrieve", "GET", _ONE, retrieve, "Get provider", show=show),
    _route("update", "PUT", _ONE, update, "Describe a provider anew", prepare=check_address, show=show),
    _route("delete", "DELETE", _ONE, delete, "Remove a provider", show=show),
    _route("try", "POST", f"{_ONE}/dry-run", dry_run, "Say what an answer would mean", writes=False),
    Route(
        "providers.callback",
        "POST",
        f"{_ONE}/callbacks",
        called_back,
        raw=True,
        auth="none",
        summary="Take a provider's reports",
        tags=_TAGS,
        reply={202: CalledBackBody},
    ),
)
