"""The review queue: checks that people decide, one with its checklist and files, and the decision."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec

from harbor.kernel.blobs import Blob, Blobs
from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid, Missing
from harbor.kernel.http.multipart import Fields, Upload
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.pages import places
from harbor.products.harbour_agreements.pages.places import path_of
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.reviews import model, service
from harbor.products.harbour_agreements.reviews.model import CHECKLISTS, Decision
from harbor.products.harbour_agreements.verifications.model import Result, Verification

NOTICES = {
    "review_claimed": "The check is yours to review.",
    "review_released": "The check is back in the queue.",
    "review_decided": "The check is decided.",
    "review_proposed": "Your decision waits for a second person.",
    "evidence_added": "The file is beside the check.",
}
PATH = f"{places.PATH}/reviews"
ONE = f"{PATH}/{{verification_id}}"
TRAIL = (("Review queue", PATH),)
_ENDINGS = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".txt": "text/plain",
}


class DecisionForm(Form, kw_only=True):
    """A decision as it is made: the list gone through, the result, reasons one a line, a note for colleagues."""

    result: str = ""
    reasons: str = ""
    note: str = ""
    checklist: list[str] = msgspec.field(default_factory=list)


class EvidenceForm(Form, kw_only=True):
    """A file to put beside a check."""

    file: Upload | None = None


def may_review(call: Call) -> bool:
    """Whether somebody decides checks: administrators, and who is named a reviewer."""
    is_admin = call.principal.has_scope(places.MANAGE)
    return is_admin or call.principal.actor in organizations.of_account(call.tx, call.account_id).reviewers


def of_review(call: Call, params: dict[str, str], value: Any) -> Place:
    """The check in the path, for whoever reviews. Raises `Denied`."""
    _only_reviewers(call)
    return places.of_verification(call, params, value)


def index(call: Call, query: places.Numbered) -> Html:
    """What waits, the oldest first."""
    _only_reviewers(call)
    found = service.waiting(call, query.page)
    context = {**places.around(query.page, found), "waiting": found.items, "me": call.principal.actor}
    return Html("reviews.html", "Review queue", context)


def show(call: Call, place: Place) -> Html:
    """One check as its reviewer sees it."""
    found: Verification = place.thing
    review = service.of(call, found)
    context = {
        "verification": found,
        "applicant": engine.applicant_of(call, found),
        "review": review,
        "evidence": service.evidence_of(call, found),
        "checklist": CHECKLISTS[found.type],
        "is_mine": review.claimed_by == call.principal.actor,
        "can_release": review.claimed_by == call.principal.actor or call.principal.has_scope(places.MANAGE),
        "is_open": found.status.value == "in_progress",
        "bytes_max": model.EVIDENCE_BYTES_MAX,
        "accept": ",".join(sorted(model.MEDIA_TYPES)),
        "log": engine.log_of(call, found),
    }
    return Html("review.html", "Review", context, TRAIL)


def claim(call: Call, place: Place, environment: str) -> Answer:
    """Take a check from the queue."""
    service.claim(call, place.thing)
    return go(path_of(environment, "reviews", place.thing.id), done="review_claimed")


def release(call: Call, place: Place, environment: str) -> Answer:
    """Give it back."""
    service.release(call, place.thing, is_admin=call.principal.has_scope(places.MANAGE))
    return go(path_of(environment, "reviews"), done="review_released")


def decide(call: Call, place: Place, environment: str, body: DecisionForm) -> Answer:
    """Decide, once everything on the list was looked at."""
    found: Verification = place.thing
    if body.result not in (Result.VERIFIED, Result.REJECTED):
        raise Invalid("Choose a result.", field="result")
    missing = [text for item, text in CHECKLISTS[found.type] if item not in body.checklist]
    if missing and body.result == Result.VERIFIED:
        raise Invalid(f"Before a check is verified: {missing[0]}", field="checklist")
    reasons = [line.strip() for line in body.reasons.splitlines() if line.strip()]
    decision = Decision(result=body.result, reasons=reasons, note=body.note, checklist=body.checklist)
    after = service.decide(call, found, decision)
    return go(path_of(environment, "reviews"), done="review_decided" if after.is_final else "review_proposed")


async def keep(value: object, request: Request, services: Services) -> Blob | None:
    """Keep a file before the transaction that names it. Raises `Invalid`."""
    upload = value.file("file") if isinstance(value, Fields) else None
    if upload is None or not upload.data:
        return None
    if len(upload.data) > model.EVIDENCE_BYTES_MAX:
        raise Invalid("The file is larger than 10 MB.", field="file")
    assert request.principal is not None, request.route_name
    blobs: Blobs = services.tools["blobs"]
    return await asyncio.to_thread(blobs.put, request.principal.account_id, upload.data)


def attach(call: Call, place: Place, environment: str, body: EvidenceForm, prepared: Blob | None) -> Answer:
    """Put a file beside a check."""
    if prepared is None or body.file is None:
        raise Invalid("Choose a file.", field="file")
    name = body.file.file_name or "file"
    media_type = next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), None)
    if media_type is None:
        raise invalid(Problem("file", "enum", "A file is a PDF, PNG, JPEG or plain text by its ending."))
    service.attach(call, place.thing, name=name, media_type=media_type, blob=prepared)
    return go(path_of(environment, "reviews", place.thing.id), done="evidence_added")


async def download(services: Services, stage: RawStage, evidence_id: str) -> Reply:
    """A file as something to save: what somebody uploaded is never shown as a page of ours."""

    def look(call: Call, supply: dict[str, Any]) -> Any:
        found = service.visible_evidence(call, evidence_id)
        if found.verification_id != supply["place"].thing.id:
            raise Missing(f"There is no file {evidence_id[:60]}.")
        return call.account_id, found

    account_id, found = await stage.read(look)
    blobs: Blobs = services.tools["blobs"]
    content = await asyncio.to_thread(blobs.read, account_id, found.blob_key)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(200, content, headers, found.media_type)


def _only_reviewers(call: Call) -> None:
    if not may_review(call):
        raise Denied("Checks are reviewed by administrators and by whom they name a reviewer.")


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    settings: dict[str, Any] = {"locate": of_review, "scope": places.REVIEW, "writes": method == "POST", **more}
    return Route(f"harbour.reviews.{name}", method, path, handler, **settings)


ROUTES = (
    _route("list", "GET", PATH, index, locate=None),
    _route("show", "GET", ONE, show),
    _route("claim", "POST", f"{ONE}/claim", claim),
    _route("release", "POST", f"{ONE}/release", release),
    _route("decide", "POST", f"{ONE}/decide", decide),
    _route("attach", "POST", f"{ONE}/evidence", attach, prepare=keep, body_bytes_max=12 * 1024**2),
    _route("download", "GET", f"{ONE}/evidence/{{evidence_id}}", download, raw=True),
)
