"""Agreements on the wire, as the older calls have them, and more: changes, fields, versions."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any, TypedDict

import msgspec

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.kernel.http.services import Services
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.agreements import service
from harbor.products.harbour_agreements.agreements.fields import Field
from harbor.products.harbour_agreements.agreements.model import Agreement, File, ListOrder
from harbor.products.harbour_agreements.agreements.pdf import BYTES_MAX, pages_of
from harbor.products.harbour_agreements.agreements.service import Changes
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.text import label
from harbor.products.harbour_agreements.v1 import Offset, iso, piece

_FILE = "file_upload"
# In base64 a file is a third larger; the rest of the body is small.
_BODY_BYTES_MAX = BYTES_MAX * 4 // 3 + 2 * 1024**2


class ListAgreements(Offset, kw_only=True):
    """Which agreements to list."""

    order_by: str = "DATE_CREATED"
    sort_order: str = "DESC"
    is_template: bool | None = None


class FileUpload(OpenBody):
    """A PDF in base64."""

    name: str
    base64: str


class AgreementData(OpenBody):
    """What is said of an agreement; absent fields stay, or have their defaults."""

    title: str | None = None
    folder: str | None = None
    is_template: bool | None = None
    fields: list[Field] | None = None
    signer_roles: list[str] | None = None


class CreateAgreement(OpenBody):
    """A new agreement."""

    file_upload: FileUpload
    agreement_data: AgreementData = msgspec.field(default_factory=AgreementData)


class UpdateAgreement(OpenBody):
    """What changes of a draft or a template."""

    file_upload: FileUpload | None = None
    agreement_data: AgreementData = msgspec.field(default_factory=AgreementData)


class AgreementBody(TypedDict):
    """An agreement as it is shown."""

    id: str
    title: str
    status: str
    folder: str
    links: list[str]
    date_created: str
    creator_email: str | None
    pdf_file: str
    url: str
    is_template: bool
    version: int
    pages: int
    fields: list[Field]
    signer_roles: list[str]
    sha256: str


class AgreementsBody(TypedDict):
    """A piece of the list."""

    agreements: list[AgreementBody]
    count: int
    next: str | None
    previous: str | None


class DownloadBody(TypedDict):
    """An address that needs no key, and when it ends: Unix milliseconds."""

    download_url: str
    expires_at: int


def of_agreement(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The agreement in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["agreement_id"]))


async def keep(value: object, request: Request, services: Services) -> File | None:
    """Look at a PDF and keep it before the transaction that names it; None where no file came. Raises `Invalid`."""
    upload = value.get(_FILE) if isinstance(value, dict) else None
    name, text = (upload.get("name"), upload.get("base64")) if isinstance(upload, dict) else (None, None)
    if not (isinstance(name, str) and isinstance(text, str)):
        return None  # absent or no texts: that is the decoder's to say
    name = label(name, f"{_FILE}.name")
    path = f"{_FILE}.base64"
    try:
        content = await asyncio.to_thread(base64.b64decode, text, validate=True)
    except binascii.Error:
        raise invalid(Problem(path, "custom", "base64 is not the base64 of a file.")) from None
    pages = await asyncio.to_thread(pages_of, content, path)
    assert request.principal is not None, request.route_name
    blobs: Blobs = services.tools["blobs"]
    blob = await asyncio.to_thread(blobs.put, request.principal.account_id, content)
    return File(name=name, sha256=blob.sha256, size_bytes=blob.size_bytes, pages=pages, blob_key=blob.key)


def index(call: Call, query: ListAgreements, request: Request) -> AgreementsBody:
    """The agreements of the organization."""
    query.check()
    order = next((each for each in ListOrder if each == query.order_by.upper()), None)
    if order is None or query.sort_order.upper() not in ("ASC", "DESC"):
        message = f"order_by is one of {', '.join(ListOrder)}, sort_order ASC or DESC."
        raise invalid(Problem("order_by", "invalid_order_by", message, query.order_by[:40]))
    found, count = service.listed(
        call,
        order=order,
        is_descending=query.sort_order.upper() == "DESC",
        is_template=query.is_template,
        offset=query.offset,
        limit=query.limit,
    )
    shown: Any = piece("agreements", [show(each, call) for each in found], count, query, request)
    return shown  # type: ignore[no-any-return]


def retrieve(place: Place) -> Agreement:
    """One agreement."""
    found: Agreement = place.thing
    return found


def create(call: Call, body: CreateAgreement, prepared: File) -> Created[Agreement]:
    """Upload an agreement."""
    made = service.create(call, prepared, _changes(body.agreement_data))
    return Created(made, location=f"/v1/agreements/{made.id}")


def update(call: Call, body: UpdateAgreement, prepared: File | None, place: Place) -> Agreement:
    """Change a draft or a template."""
    return service.change(call, place.thing, prepared, _changes(body.agreement_data))


def delete(call: Call, place: Place) -> Agreement:
    """Remove a draft."""
    return service.delete(call, place.thing)


def download(call: Call, place: Place) -> DownloadBody:
    """Give an address of the file that needs no key."""
    token, expires_at = service.download(call, place.thing)
    return {"download_url": f"{call.base_url}/downloads/{token}", "expires_at": unix_ms(expires_at)}


def show(agreement: Agreement, call: Call) -> AgreementBody:
    """The fields of an agreement."""
    here = f"{call.base_url}/v1/agreements/{agreement.id}"
    return {
        "id": agreement.id,
        "title": agreement.title,
        "status": agreement.status.value,
        "folder": agreement.folder_id,
        "links": [],
        "date_created": iso(agreement.created_at),
        "creator_email": agreement.creator_email,
        "pdf_file": f"{here}/download",
        "url": here,
        "is_template": agreement.is_template,
        "version": agreement.version.number,
        "pages": agreement.version.file.pages,
        "fields": list(agreement.version.fields),
        "signer_roles": list(agreement.version.signer_roles),
        "sha256": agreement.version.file.sha256,
    }


def _changes(data: AgreementData) -> Changes:
    return Changes(
        title=data.title,
        folder_id=data.folder,
        is_template=data.is_template,
        fields=data.fields,
        signer_roles=data.signer_roles,
    )


_ONE = "/v1/agreements/{agreement_id}"
_TAGS = ("Agreements",)


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    settings: dict[str, Any] = {
        "scope": scopes.AGREEMENTS_READ if method == "GET" else scopes.AGREEMENTS_WRITE,
        "locate": of_agreement,
        "writes": method != "GET",
        **more,
    }
    return Route(f"agreements.{name}", method, path, handler, summary=summary, tags=_TAGS, **settings)


_UPLOAD: dict[str, Any] = {"prepare": keep, "show": show, "body_bytes_max": _BODY_BYTES_MAX}

ROUTES = (
    _route("list", "GET", "/v1/agreements", index, "List agreements", locate=None, reply=AgreementsBody),
    _route("create", "POST", "/v1/agreements", create, "Upload an agreement", locate=None, status=201, **_UPLOAD),
    _route("retrieve", "GET", _ONE, retrieve, "Get agreement", show=show),
    _route("update", "PUT", _ONE, update, "Change an agreement", **_UPLOAD),
    _route("delete", "DELETE", _ONE, delete, "Remove an agreement", show=show),
    # Giving an address writes a row, and reads nothing else that could change.
    _route("download", "GET", f"{_ONE}/download", download, "Give an address of the file", writes=True),
)
