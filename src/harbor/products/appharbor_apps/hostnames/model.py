"""A host name of an application. Source: docs/products/appharbor.md#hostnames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

import idna
import idna.uts46data  # it is loaded when first asked for, which would be in a transaction

from harbor.kernel.errors import Invalid

NAME_LENGTH_MAX = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostname:
    """One name. All other names of the application redirect to the canonical one."""

    account_id: str
    id: int
    application_id: int
    value: str
    canonical: bool
    created_at: datetime


def check_value(value: str, own_domains: frozenset[str]) -> str:
    """A DNS name in lower-case letters of ASCII, perhaps with `*.` in front. Raises `Invalid`.

    Addresses are refused, and the platform's own domains, names below them, and what covers them with a star: cookies
    of a name are sent to all of its ports.
    """
    text = value.strip().rstrip(".")
    is_wild = text.startswith("*.")
    bare = text[2:] if is_wild else text
    if _is_address(bare):
        raise Invalid("value must be a name and not an address.", field="value")
    try:
        name = bare.lower() if bare.isascii() else idna.encode(bare, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise Invalid("value is not a domain name.", field="value") from None
    labels = name.split(".")
    is_name = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    if not is_name or _NUMBER.fullmatch(labels[-1]) or len(text) > NAME_LENGTH_MAX:
        raise Invalid("value is not a domain name.", field="value")
    if any(name == domain or name.endswith(f".{domain}") for domain in own_domains):
        raise Invalid("value lies below a domain of the platform.", field="value")
    if is_wild and any(domain.partition(".")[2] == name for domain in own_domains):
        raise Invalid("value covers a domain of the platform.", field="value")
    return f"*.{name}" if is_wild else name


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
