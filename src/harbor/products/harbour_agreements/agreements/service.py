"""What a caller may do with agreements: upload, change, remove, and give out their file."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict
from harbor.kernel.identity import people_store as people
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.agreements import fields, store
from harbor.products.harbour_agreements.agreements.fields import Field
from harbor.products.harbour_agreements.agreements.model import (
    DEFAULT_ROLES,
    Agreement,
    File,
    ListOrder,
    Status,
    Version,
)
from harbor.products.harbour_agreements.downloads import service as downloads
from harbor.products.harbour_agreements.folders import service as folders
from harbor.products.harbour_agreements.refusals import not_found, refused
from harbor.products.harbour_agreements.text import label

PDF: Final = "application/pdf"
_ID: Final = re.compile(r"AGREE-[0-9]{1,16}_[0-9a-f]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What may be said of an agreement; None leaves it as it is, or at its default."""

    title: str | None = None
    folder_id: str | None = None
    is_template: bool | None = None
    fields: Sequence[Field] | None = None
    signer_roles: Sequence[str] | None = None


def visible(call: Call, agreement_id: str) -> Agreement:
    """An agreement of the caller's organization; any other is missing."""
    found = store.find(call.tx, call.account_id, agreement_id) if _ID.fullmatch(agreement_id) else None
    if found is None:
        raise not_found("agreement", agreement_id)
    return found


def listed(
    call: Call, *, order: ListOrder, is_descending: bool, is_template: bool | None, offset: int, limit: int
) -> tuple[list[Agreement], int]:
    """A piece of the list, and how many there are in all."""
    return store.listed(
        call.tx,
        call.account_id,
        order=order,
        is_descending=is_descending,
        is_template=is_template,
        offset=offset,
        limit=limit,
    )


def create(call: Call, file: File, changes: Changes) -> Agreement:
    """A new draft, or a new template. Its file was looked at and kept before. Raises `Invalid`."""
    now = call.tx.now
    folder = folders.default(call) if changes.folder_id is None else folders.visible(call, changes.folder_id)
    actor = call.principal.actor
    person = people.find(call.tx, call.principal.organization_id, actor) if actor.startswith("ppl_") else None
    made = Agreement(
        id=ids.stamped("AGREE", call.new_id("agr_")),
        account_id=call.account_id,
        title=label(changes.title if changes.title is not None else file.name, "agreement_data.title"),
        folder_id=folder.id,
        status=Status.DRAFT,
        is_template=bool(changes.is_template),
        creator_email=None if person is None else person.email,
        created_at=now,
        updated_at=now,
        version=_version(1, file, changes.fields or (), changes.signer_roles or DEFAULT_ROLES, now),
    )
    store.insert(call.tx, call.account_id, made)
    _tell(call, "harbour.agreement.created", made)
    return made


def change(call: Call, agreement: Agreement, file: File | None, changes: Changes) -> Agreement:
    """Change a draft or a template. Another file, other fields or other roles are a new version; those before stay as they were.

    Raises `Conflict` for what is already out for signing, `Invalid`.
    """
    present = _locked(call, agreement)
    if present.status is not Status.DRAFT and not present.is_template:
        raise Conflict(f"Agreement {present.id} is {present.status}; only a draft or a template can be changed.")
    before = present.version
    made = _version(
        before.number + 1,
        before.file if file is None else file,
        before.fields if changes.fields is None else changes.fields,
        before.signer_roles if changes.signer_roles is None else changes.signer_roles,
        call.tx.now,
    )
    is_new = replace(made, number=before.number, created_at=before.created_at) != before
    changed = replace(
        present,
        title=present.title if changes.title is None else label(changes.title, "agreement_data.title"),
        folder_id=present.folder_id if changes.folder_id is None else folders.visible(call, changes.folder_id).id,
        is_template=present.is_template if changes.is_template is None else changes.is_template,
        version=made if is_new else before,
        updated_at=call.tx.now,
    )
    store.put(call.tx, call.account_id, changed, is_new_version=is_new)
    _tell(call, "harbour.agreement.updated", changed)
    return changed


def delete(call: Call, agreement: Agreement) -> Agreement:
    """Remove a draft with all its versions. Raises `Conflict` for what is out for signing, or was signed."""
    present = _locked(call, agreement)
    if present.status is not Status.DRAFT:
        raise Conflict(f"Agreement {present.id} is {present.status}; only a draft can be removed.")
    store.delete(call.tx, call.account_id, present.id)
    downloads.withdraw(call, _downloading(present))
    _tell(call, "harbour.agreement.deleted", present)
    return present


def download(call: Call, agreement: Agreement) -> tuple[str, datetime]:
    """An address that gives the file of the present version for some minutes: the word at its end, and when it ends."""
    file = agreement.version.file
    return downloads.give(
        call,
        blob_key=file.blob_key,
        file_name=file.name,
        media_type=PDF,
        renewed_by=_downloading(agreement),
    )


def files_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are files of agreements: for the sweep of blobs, which takes what nobody names."""
    return store.files_among(tx, account_id, keys)


def _downloading(agreement: Agreement) -> str:
    return f"GET /v1/agreements/{agreement.id}/download"


def _locked(call: Call, agreement: Agreement) -> Agreement:
    call.tx.lock("harbour_agreement", agreement.id)
    return visible(call, agreement.id)


def _version(number: int, file: File, given: Sequence[Field], roles: Sequence[str], now: datetime) -> Version:
    found = list(fields.problems(given, roles, file.pages))
    if found:
        raise refused([replace(one, path=f"agreement_data.{one.path}") for one in found])
    return Version(number=number, file=file, fields=list(given), signer_roles=list(roles), created_at=now)


def _tell(call: Call, type_: str, agreement: Agreement) -> None:
    data = {"agreement_id": agreement.id, "status": agreement.status.value, "version": agreement.version.number}
    call.emit(type_, subject=agreement.id, data=data)
