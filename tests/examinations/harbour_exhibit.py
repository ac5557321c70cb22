"""Harbour, as the examinations of every route meet it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

import msgspec
from tests.conftest import START
from tests.examinations.exhibit import Exhibit, Tenant
from tests.factories import make_event, make_webhook
from tests.products.harbour_agreements.agreements.pdfs import pdf
from tests.products.harbour_agreements.office import ADA, CONSENT, IDENTITY, PLAIN
from tests.products.harbour_agreements.things import make_verification

from harbor.kernel.blobs import LocalBlobs
from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.agreements import service as agreements
from harbor.products.harbour_agreements.agreements.model import File
from harbor.products.harbour_agreements.api_keys.service import mint
from harbor.products.harbour_agreements.dialect import Manners
from harbor.products.harbour_agreements.downloads import service as downloads
from harbor.products.harbour_agreements.engine import creating, opening
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.engine.api import TOOL
from harbor.products.harbour_agreements.engine.model import Agreed, Asked
from harbor.products.harbour_agreements.folders import service as folders
from harbor.products.harbour_agreements.product import (
    harbour_areas,
    harbour_kinds,
    harbour_product,
    harbour_providers,
    harbour_webhooks,
)
from harbor.products.harbour_agreements.provider_configs import service as provider_configs
from harbor.products.harbour_agreements.providers.http.model import HttpSettings, Secrets
from harbor.products.harbour_agreements.providers.protocol import MANUAL_REVIEW, Applicant, Followed, Started, Update
from harbor.products.harbour_agreements.providers.sandbox.provider import Sandbox, first_update
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import Result, Status, Type
from harbor.products.harbour_agreements.webhooks.model import KERNEL_TYPES, NAME


class _Files(LocalBlobs):
    """Files that are there: a piece of work that makes a row cannot write one."""

    def read(self, account_id: str, key: str) -> bytes:
        """One byte."""
        return b"x"


class _Elsewhere(Sandbox):
    """A provider of an organization whose callbacks need no signature, and report nothing."""

    def parse_callback(self, headers: Mapping[str, str], raw_body: bytes) -> list[Update]:
        """Nothing."""
        return []


_PROVIDERS = replace(harbour_providers(sandbox_step_delay_ms=0), configured=lambda _call, _key: _Elsewhere())
_ENTRIES = (*KERNEL_TYPES["verification"], *KERNEL_TYPES["agreement.viewed"])
_numbers = count(1)


def _new_id(call: Call) -> str:
    return ids.verification_id(call.new_id("vrf_"))


def _completed(call: Call, tenant: Tenant) -> str:
    return make_verification(call, id=_new_id(call)).id


def _running(call: Call, type_: Type) -> str:
    asked = Asked(
        type=type_,
        tier=None,
        applicant=Applicant(first_name="Ada", last_name="Okafor", email="ada@example.com"),
        consent=Agreed(
            text_version="1", language="en", text_hash=None, accepted_at=call.tx.now, ip="::1", user_agent="x"
        ),
        metadata={},
    )
    opened = opening.opened(call, asked, _PROVIDERS)
    followed = Followed(
        order=opened.order,
        applicant=opened.applicant,
        reference="sandbox",
        last_update_id=None,
        failures=0,
        now=call.tx.now,
    )
    started = Started(reference="sandbox", update=first_update(followed))
    return creating.create(call, opened, started).id


def _started(call: Call, tenant: Tenant) -> str:
    return _running(call, Type.IDENTITY)


def _in_progress(call: Call, tenant: Tenant) -> str:
    return _running(call, Type.MOTOR_VEHICLE)


def _to_review(call: Call, tenant: Tenant) -> str:
    running = {"status": Status.IN_PROGRESS, "result": Result.PENDING, "completed_at": None}
    return make_verification(
        call, id=_new_id(call), provider=MANUAL_REVIEW, provider_reference=f"review-{next(_numbers)}", **running
    ).id


def _described(url: str) -> dict[str, object]:
    get = {"method": "GET", "path": "/{reference}"}
    return {
        "display_name": "Elsewhere",
        "base_url": url,
        "types": [IDENTITY],
        "requests": {"start": {"method": "POST", "path": "/"}, "get": get},
        "pointers": {"reference": "/id", "status": "/status"},
        "words": {"status": {"DONE": "completed"}},
    }


def _provider(call: Call, tenant: Tenant) -> str:
    settings = msgspec.convert(_described(tenant.url), type=HttpSettings)
    key = f"elsewhere-{next(_numbers)}"
    return provider_configs.create(call, key=key, settings=settings, secrets=Secrets(auth="x")).id


def _agreement(call: Call, tenant: Tenant) -> str:
    file = File(name="a.pdf", sha256="0" * 64, size_bytes=1, pages=1, blob_key=f"blob-{next(_numbers)}")
    return agreements.create(call, file, agreements.Changes()).id


def _download(call: Call, tenant: Tenant) -> str:
    key = f"{next(_numbers):032x}"
    return downloads.give(call, blob_key=key, file_name="a.pdf", media_type="application/pdf", renewed_by="a call")[0]


def _webhook(call: Call, tenant: Tenant) -> str:
    made = make_webhook(call, view=NAME, url=tenant.url, events=_ENTRIES, pinned_version="2.2")
    return ids.webhook_id(made.id)


_fresh: dict[str, str] = {}


def _event_of_webhook(call: Call, tenant: Tenant) -> str:
    """For the two parameters of an event's path, in turn: an event of a new webhook, and that webhook."""
    if call.account_id in _fresh:
        return _fresh.pop(call.account_id)
    _fresh[call.account_id] = _webhook(call, tenant)
    told = make_event(call, type=KERNEL_TYPES["agreement.viewed"][0])
    assert any(ids.webhook_id(each.id) == _fresh[call.account_id] for each in call.listeners(told))
    return ids.event_id(told.id)


def _failed(call: Call, tenant: Tenant) -> str:
    """The same, and the event has been delivered, so that it can be sent again."""
    found = _event_of_webhook(call, tenant)
    call.tx.run(
        "UPDATE deliveries SET state = 'exhausted', due_at = NULL WHERE account_id = :account_id AND state = 'due'",
        account_id=call.account_id,
    )
    return found


def _told(call: Call, tenant: Tenant, params: Mapping[str, str]) -> str:
    return make_event(call, type=KERNEL_TYPES["agreement.viewed"][0]).id


def _listed(call: Call, tenant: Tenant, params: Mapping[str, str]) -> str:
    return _completed(call, tenant)


def _logged(call: Call, tenant: Tenant, params: Mapping[str, str]) -> None:
    engine.failed(call, verifications.visible(call, params["verification_id"]))


HARBOUR = Exhibit(
    name="harbour",
    product=lambda clock: harbour_product(
        Manners(plain_http_from=PLAIN, rate_limit_per_minute=100), lambda: micros(clock.now())
    ),
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    secret=lambda: mint(START),
    areas=harbour_areas,
    views=[harbour_webhooks()],
    kinds=lambda call_of: harbour_kinds(call_of, _PROVIDERS),
    tools=lambda folder, _means: {TOOL: _PROVIDERS, "blobs": _Files(folder / "blobs")},
    things={
        "verification_id": _completed,
        "webhook_id": _webhook,
        "provider_id": _provider,
        "agreement_id": _agreement,
        "folder_id": lambda call, _tenant: folders.add(call, f"Folder {next(_numbers)}").id,
        "token": _download,
        "event_id": _event_of_webhook,
        "number": lambda _call, _tenant: "2002",
        "code": lambda _call, _tenant: "email",
    },
    arranged={
        "verifications.submit": _started,
        "verifications.cancel": _started,
        "sandbox.advance": _in_progress,
        "verifications.decide": _to_review,
        "verifications.attach": _to_review,
        "webhooks.event": _event_of_webhook,
        "webhooks.redeliver": _failed,
    },
    fields={
        "destination_url": lambda tenant: f"{tenant.url}/{next(_numbers)}",
        "verification_type": lambda _tenant: IDENTITY,
        "applicant": lambda _tenant: ADA,
        "consent": lambda _tenant: CONSENT,
        "since": lambda _tenant: 0,
        "key": lambda _tenant: f"elsewhere-{next(_numbers)}",
        "settings": lambda tenant: _described(tenant.url),
        "secret": lambda _tenant: "x",
        "sample": lambda _tenant: {"id": "1", "status": "DONE"},
        "result": lambda _tenant: "verified",
        "media_type": lambda _tenant: "text/plain",
        "base64": lambda _tenant: "c2Nhbg==",
        "file_upload": lambda _tenant: {"name": "a.pdf", "base64": b64encode(pdf()).decode()},
    },
    fills={
        "verifications.list": _listed,
        "verifications.activity": _logged,
        "webhooks.events": _told,
        "providers.list": lambda call, tenant, _params: _provider(call, tenant),
    },
)
