"""Starting, submitting and cancelling checks on the wire, their activity, and advancing a sandbox check."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.engine import breaker, creating, opening, service
from harbor.products.harbour_agreements.engine.model import Agreed, Asked
from harbor.products.harbour_agreements.moments import moment_of
from harbor.products.harbour_agreements.providers.protocol import (
    SANDBOX,
    Applicant,
    Followed,
    Provider,
    ProviderDown,
    ProviderError,
)
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.providers.sandbox.provider import next_update
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.api import ONE, SHOWN, TAGS, of_verification
from harbor.products.harbour_agreements.verifications.model import Status, Verification
from harbor.products.harbour_agreements.verifications.shown import VerificationBody

# The name under which `services.tools` holds the providers of the installation.
TOOL = "harbour.providers"


class ApplicantBody(OpenBody):
    """The person who is checked. SSN and licence number are handed on and not kept."""

    first_name: str
    last_name: str
    email: str
    date_of_birth: str | None = None
    phone: str | None = None
    addresses: list[dict[str, str]] = msgspec.field(default_factory=list)
    ssn: str | None = None
    licence_number: str | None = None
    licence_state: str | None = None


class ConsentBody(OpenBody):
    """What the person agreed to. `accepted_at` is Unix milliseconds or ISO text."""

    text_version: str
    accepted_at: int | str
    ip: str
    user_agent: str
    language: str = "en"
    text_hash: str | None = None
    signature_reference: str | None = None


class StartVerification(OpenBody):
    """A check without a link."""

    verification_type: str
    applicant: ApplicantBody
    verification_tier: str | int | None = None
    consent: ConsentBody | None = None
    verification_metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    agreement_link_id: str | None = None
    provider: str | None = None
    submit: bool | None = None


class EntryBody(TypedDict):
    """One line of the activity log."""

    created: str
    date_label: str
    id: str
    modified: str
    status: str
    status_label: str
    time_label: str


async def start(stage: Stage, services: Services) -> Reply:
    """Start a check: validated and announced, taken by its provider, then written."""
    providers: Providers = services.tools[TOOL]

    def begin(call: Call, body: StartVerification, _place: Place) -> tuple[Any, datetime]:
        return creating.begin(call, opening.opened(call, _asked(body), providers)), call.tx.now

    opened, now = await stage.first(begin)
    provider: Provider = opened.provider
    submitted = None
    try:
        started = await provider.start(opened.order, opened.applicant, now)
        if opened.submits and started.update.status is Status.STARTED:
            submitted = await provider.submit(
                Followed(
                    order=opened.order,
                    applicant=opened.applicant,
                    reference=started.reference,
                    last_update_id=started.update.update_id,
                    failures=0,
                    now=now,
                )
            )
    except (ProviderDown, ProviderError) as error:
        await services.database.write(lambda tx: breaker.failed(tx, opened.order.account_id, provider))
        raise service.refusal(error) from error
    return await stage.last(lambda call: _created(creating.create(call, opened, started, submitted)))


async def submit(stage: Stage, services: Services) -> Reply:
    """The person's part is done."""
    providers: Providers = services.tools[TOOL]
    found, provider, followed = await stage.first(lambda call, _body, place: _followed(call, place.thing, providers))
    try:
        update = await provider.submit(followed)
    except (ProviderDown, ProviderError) as error:
        raise service.refusal(error) from error

    def finish(call: Call) -> Verification:
        service.apply(call, found.id, update)
        service.follow(call, found.id)
        return verifications.visible(call, found.id)

    return await stage.last(finish)


async def cancel(stage: Stage, services: Services) -> Reply:
    """Give up a check that was not submitted yet."""
    providers: Providers = services.tools[TOOL]
    found, provider, followed = await stage.first(lambda call, _body, place: _followed(call, place.thing, providers))
    try:
        await provider.cancel(followed.reference)
    except (ProviderDown, ProviderError) as error:
        raise service.refusal(error) from error
    return await stage.last(lambda call: service.cancel(call, found))


def activity(call: Call, page: PageRequest, place: Place) -> Page[dict[str, str]]:
    """The activity log, oldest first."""
    entries = service.log_of(call, place.thing)
    return Page(entries[page.offset : page.offset + page.limit], total=len(entries))


def advance(call: Call, place: Place) -> Verification:
    """Move a check of the sandbox one step on."""
    found: Verification = place.thing
    if found.provider != SANDBOX or found.parent_id is not None:
        raise Conflict(f"Verification {found.id} is no check of the sandbox.")
    try:
        update = next_update(service.followed(call, verifications.locked(call, found.id)), is_advanced=True)
    except ProviderError:
        service.failed(call, found)
        return verifications.visible(call, found.id)
    if update is None:
        raise Conflict(f"Verification {found.id} is {found.status} and does not go on by being advanced.")
    service.apply(call, found.id, update)
    return verifications.visible(call, found.id)


def _created(made: Verification) -> Created[Verification]:
    return Created(made, location=f"/verifications/{made.id}")


def _followed(call: Call, found: Verification, providers: Providers) -> tuple[Verification, Provider, Followed]:
    present = service.waiting(call, found)
    return present, service.running(call, providers, present), service.followed(call, present)


def _asked(body: StartVerification) -> Asked:
    given, consent = body.applicant, body.consent
    applicant = Applicant(**{name: getattr(given, name) for name in given.__struct_fields__})
    tier = body.verification_tier
    return Asked(
        type=body.verification_type,
        tier=None if tier is None else str(tier),
        applicant=applicant,
        consent=None if consent is None else _agreed(consent),
        metadata=body.verification_metadata,
        agreement_link_id=body.agreement_link_id,
        provider=body.provider,
        submit=body.submit,
    )


def _agreed(body: ConsentBody) -> Agreed:
    return Agreed(
        text_version=body.text_version,
        language=body.language,
        text_hash=body.text_hash,
        accepted_at=moment_of(body.accepted_at, "consent.accepted_at"),
        ip=body.ip,
        user_agent=body.user_agent,
        signature_reference=body.signature_reference,
    )


ROUTES = (
    Route(
        "verifications.create",
        "POST",
        "/verifications",
        start,
        scope=scopes.VERIFICATIONS_WRITE,
        journey=True,
        status=201,
        takes=StartVerification,
        reply={201: VerificationBody},
        summary="Start a verification",
        tags=TAGS,
        **SHOWN,
    ),
    Route(
        "verifications.submit",
        "POST",
        f"{ONE}/submit",
        submit,
        scope=scopes.VERIFICATIONS_WRITE,
        locate=of_verification,
        journey=True,
        summary="Submit a started verification",
        tags=TAGS,
        **SHOWN,
    ),
    Route(
        "verifications.cancel",
        "POST",
        f"{ONE}/cancel",
        cancel,
        scope=scopes.VERIFICATIONS_WRITE,
        locate=of_verification,
        journey=True,
        summary="Cancel a started verification",
        tags=TAGS,
        **SHOWN,
    ),
    Route(
        "verifications.activity",
        "GET",
        f"{ONE}/activity",
        activity,
        scope=scopes.VERIFICATIONS_READ,
        locate=of_verification,
        paged=True,
        summary="List the activity of a verification",
        tags=TAGS,
        reply=EntryBody,
    ),
    Route(
        "sandbox.advance",
        "POST",
        f"/sandbox{ONE}/advance",
        advance,
        scope=scopes.VERIFICATIONS_WRITE,
        locate=of_verification,
        writes=True,
        summary="Move a sandbox verification one step on",
        tags=TAGS,
        **SHOWN,
    ),
)
