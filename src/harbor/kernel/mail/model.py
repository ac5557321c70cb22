"""A mail: who gets it, what it says, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from harbor.kernel import bounds
from harbor.kernel.errors import Invalid

SUBJECT_LENGTH_MAX = 255
BODY_BYTES_MAX = 256 * bounds.KIB
ADDRESS_LENGTH_MAX = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets
TOPIC_LENGTH_MAX = 128

# Nothing that ends a header line or could be read as a second address or a display name.
_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f-\x9f,;:<>()\[\]\\\"@]+@[^\s\x00-\x20\x7f-\x9f,;:<>()\[\]\\\"@]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class State(StrEnum):
    """`unsent` is a mail of an installation without a mail server; `erased` one whose content was removed unsent."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    UNSENT = "unsent"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. Its text is not shown in logs."""

    id: str
    account_id: str
    topic: str
    about: str | None
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(repr=False)
    state: State
    error: str | None
    created_at: datetime
    sent_at: datetime | None


def check_address(value: str, *, field: str = "to") -> str:
    """The bare address `name@host`. Raises `Invalid` for anything more, such as a display name or a line break."""
    if len(value) > ADDRESS_LENGTH_MAX or not _ADDRESS.fullmatch(value):
        raise Invalid(f"{field} must be one e-mail address, such as ada@example.com.", field=field)
    return value


def check_subject(value: str) -> str:
    """The subject line. Raises `Invalid` if it has control characters, which could add headers, or is too long."""
    if _CONTROL.search(value):
        raise Invalid("subject must be one line without control characters.", field="subject")
    if len(value) > SUBJECT_LENGTH_MAX:
        raise Invalid(f"subject has {len(value)} characters; at most {SUBJECT_LENGTH_MAX} fit.", field="subject")
    return value


def check_body(value: str, *, field: str) -> str:
    """The text or HTML of a mail. Raises `Invalid` if it is too long or cannot be stored."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Invalid(f"{field} contains half of a surrogate pair, which is no character.", field=field) from None
    if size > BODY_BYTES_MAX:
        raise Invalid(f"{field} has {size} bytes; at most {BODY_BYTES_MAX} fit.", field=field)
    if "\x00" in value:
        raise Invalid(f"{field} contains a NUL character.", field=field)
    return value
