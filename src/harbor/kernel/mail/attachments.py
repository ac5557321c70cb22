"""Files that go with mails: what they are, how large, and reading them from the blobs when a mail goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from harbor.kernel import bounds
from harbor.kernel.errors import Invalid, Missing

log = structlog.get_logger("harbor.mail")

ATTACHMENTS_MAX = 10
# Of all files of a mail. In base64 they are a third larger, and many servers take no more than 25 MB.
ATTACHMENTS_BYTES_MAX = 10 * bounds.MIB
NAME_LENGTH_MAX = 200

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\]")


ReadBlob = Callable[[str, str], bytes]
"""The bytes of a blob by its account and key; it waits for the disk, and raises `Missing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One file. `key` names its blob in the account of the mail; it must be there before the mail names it."""

    name: str
    media_type: str
    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as it travels."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def check_attachments(given: Sequence[Attachment]) -> Sequence[Attachment]:
    """The attachments. Raises `Invalid` for too many or too large ones, and for names that could carry other headers."""
    if len(given) > ATTACHMENTS_MAX:
        raise Invalid(f"A mail has {len(given)} attachments; at most {ATTACHMENTS_MAX} fit.", field="attachments")
    for each in given:
        if not 1 <= len(each.name) <= NAME_LENGTH_MAX or _CONTROL.search(each.name):
            raise Invalid("An attachment needs a name of one line without slashes.", field="attachments")
        if not _MEDIA_TYPE.fullmatch(each.media_type):
            raise Invalid("An attachment needs a media type, such as application/pdf.", field="attachments")
    size = sum(each.size_bytes for each in given)
    if size > ATTACHMENTS_BYTES_MAX:
        raise Invalid(f"The attachments have {size} bytes; at most {ATTACHMENTS_BYTES_MAX} fit.", field="attachments")
    return given


def read(read_blob: ReadBlob | None, account_id: str, mail_id: str, attachments: Sequence[Attachment]) -> list[File]:
    """The files of a mail, read while the caller waits. One that is not there any more is left out, and the log says so."""
    found = []
    for each in attachments:
        try:
            if read_blob is None:
                raise Missing("There are no blobs here.")
            content = read_blob(account_id, each.key)
        except (Missing, OSError) as error:
            log.warning("mail_attachment_missing", mail=mail_id, error=type(error).__name__)
            continue
        found.append(File(name=each.name, media_type=each.media_type, content=content))
    return found
