"""What a webhook endpoint may look like: its address, its own headers, its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from harbor.kernel.errors import Invalid

DESCRIPTION_LENGTH_MAX: Final = 256
METADATA_PAIRS_MAX: Final = 20
METADATA_LENGTH_MAX: Final = 500
METADATA_NAME_LENGTH_MAX: Final = 40
HEADERS_MAX: Final = 10
HEADER_LENGTH_MAX: Final = 1_024
RATE_LIMIT_MAX: Final = 1_000
GRACE_S_MAX: Final = 604_800
WEBHOOKS_PER_WORKSPACE_MAX: Final = 500

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}")
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_REFUSED = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "user-agent",
        "cookie",
        "expect",
    ]
)
_REFUSED_PREFIXES = ("content-", "harbor-", "webhook-")


def check_description(text: str | None) -> str | None:
    """A label of at most 256 characters."""
    if text is not None and len(text) > DESCRIPTION_LENGTH_MAX:
        raise Invalid(
            f"description has {len(text)} characters; at most {DESCRIPTION_LENGTH_MAX} fit.", field="description"
        )
    return text


def check_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """At most 20 pairs of short strings."""
    if len(metadata) > METADATA_PAIRS_MAX:
        raise Invalid(f"metadata has {len(metadata)} pairs; at most {METADATA_PAIRS_MAX} fit.", field="metadata")
    for name, value in metadata.items():
        if not 1 <= len(name) <= METADATA_NAME_LENGTH_MAX:
            raise Invalid(f"A name in metadata must have 1 to {METADATA_NAME_LENGTH_MAX} characters.", field="metadata")
        if len(value) > METADATA_LENGTH_MAX:
            raise Invalid(
                f"metadata.{name} has {len(value)} characters; at most {METADATA_LENGTH_MAX} fit.",
                field=f"metadata.{name}",
            )
    return dict(metadata)


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """At most 10 request headers of the owner's own; those that Harbor or the connection sets are refused."""
    if len(headers) > HEADERS_MAX:
        raise Invalid(f"headers has {len(headers)} entries; at most {HEADERS_MAX} fit.", field="headers")
    seen: set[str] = set()
    for name, value in headers.items():
        field = f"headers.{name[:128]}"
        lower = name.lower()
        if _TOKEN.fullmatch(name) is None:
            raise Invalid(f"{field} is not a header name.", field=field)
        if lower in _REFUSED or lower.startswith(_REFUSED_PREFIXES):
            raise Invalid(f"{field} is set by Harbor and cannot be chosen.", field=field)
        if lower in seen:
            raise Invalid(f"{field} is given twice; case does not count.", field=field)
        seen.add(lower)
        if len(value) > HEADER_LENGTH_MAX or _VALUE.fullmatch(value) is None:
            raise Invalid(
                f"The value of {field} must be at most {HEADER_LENGTH_MAX} visible ASCII characters.", field=field
            )
    return dict(headers)
