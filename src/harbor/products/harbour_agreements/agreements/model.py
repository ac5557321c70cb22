"""An agreement and its versions. Source: docs/products/harbour.md#agreements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from harbor.products.harbour_agreements.agreements.fields import Field

DEFAULT_ROLES: Final = ("Signer",)


class Status(StrEnum):
    """Where an agreement stands: no link, an active one, signatures missing, sealed."""

    DRAFT = "Draft"
    PENDING = "Pending"
    ONGOING = "Ongoing"
    COMPLETED = "Completed"


class ListOrder(StrEnum):
    """What a list is ordered by."""

    ID = "ID"
    TITLE = "TITLE"
    DATE_CREATED = "DATE_CREATED"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A PDF that is kept already. Its hash is what people sign."""

    name: str
    sha256: str
    size_bytes: int
    pages: int
    blob_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an agreement, which never changes."""

    number: int
    file: File
    fields: Sequence[Field]
    signer_roles: Sequence[str]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An agreement, with the version that new links bind."""

    id: str
    account_id: str
    title: str
    folder_id: str
    status: Status
    is_template: bool
    creator_email: str | None
    created_at: datetime
    updated_at: datetime
    version: Version
