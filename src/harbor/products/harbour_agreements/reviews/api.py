"""Decisions of people on the wire, and the files they looked at."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any, TypedDict

import msgspec

from harbor.kernel.blobs import Blob, Blobs
from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.reviews import model, service
from harbor.products.harbour_agreements.reviews.model import Decision, Evidence
from harbor.products.harbour_agreements.verifications.api import ONE, SHOWN, TAGS, of_verification
from harbor.products.harbour_agreements.verifications.model import Verification


class DecideVerification(OpenBody):
    """What the check came to. `pending` with a `sub_status` says how far a criminal check is."""

    result: str
    reasons: list[str] = msgspec.field(default_factory=list)
    note: str = ""
    sub_status: str | None = None


class AddEvidence(OpenBody):
    """A file in base64: PDF, PNG, JPEG or plain text of at most 10 MB."""

    name: str
    media_type: str
    base64: str


class EvidenceBody(TypedDict):
    """A file beside a check, without its content."""

    evidence_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: int


def decide(call: Call, body: DecideVerification, place: Place) -> Verification:
    """Say what a check came to."""
    decision = Decision(result=body.result, reasons=body.reasons, note=body.note)
    return service.decide(call, place.thing, decision, sub_status=body.sub_status)


async def keep(value: object, request: Request, services: Services) -> Blob | None:
    """Keep the file of a request before the transaction that names it. Raises `Invalid` for one that cannot be read."""
    text = value.get("base64") if isinstance(value, dict) else None
    if not isinstance(text, str):
        return None  # absent or no text: that is the decoder's to say
    try:
        content = await asyncio.to_thread(base64.b64decode, text, validate=True)
    except binascii.Error:
        raise invalid(Problem("base64", "custom", "base64 is not the base64 of a file.")) from None
    if not 1 <= len(content) <= model.EVIDENCE_BYTES_MAX:
        raise invalid(Problem("base64", "too_long", f"A file has 1 to {model.EVIDENCE_BYTES_MAX} bytes."))
    assert request.principal is not None, request.route_name
    blobs: Blobs = services.tools["blobs"]
    return await asyncio.to_thread(blobs.put, request.principal.account_id, content)


def attach(call: Call, body: AddEvidence, prepared: Blob, place: Place) -> Created[Evidence]:
    """Put a file beside a check that people decide."""
    return Created(service.attach(call, place.thing, name=body.name, media_type=body.media_type, blob=prepared))


def show(evidence: Evidence) -> EvidenceBody:
    """The fields of a file."""
    return {
        "evidence_id": evidence.id,
        "name": evidence.name,
        "media_type": evidence.media_type,
        "size": evidence.size_bytes,
        "sha256": evidence.sha256,
        "created_at": unix_ms(evidence.created_at),
    }


_WRITING: dict[str, Any] = {
    "scope": scopes.VERIFICATIONS_WRITE,
    "locate": of_verification,
    "writes": True,
    "tags": TAGS,
}

ROUTES = (
    Route("verifications.decide", "POST", f"{ONE}/decision", decide, summary="Decide a review", **_WRITING, **SHOWN),
    Route(
        "verifications.attach",
        "POST",
        f"{ONE}/evidence",
        attach,
        prepare=keep,
        show=show,
        status=201,
        body_bytes_max=15 * 1_024**2,
        summary="Put a file beside a review",
        **_WRITING,
    ),
)
