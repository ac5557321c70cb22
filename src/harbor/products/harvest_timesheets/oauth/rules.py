"""Where an application may be sent back to, which scope a token gets, and what proves that the same program asks for it.

Source: docs/products/harvest.md#oauth.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.access.model import SCOPE_ALL
from harbor.products.harvest_timesheets.oauth.model import NAME_LENGTH_MAX
from harbor.products.harvest_timesheets.sentences import BLANK, problem

URL_LENGTH_MAX = 2_048
STATE_LENGTH_MAX = 4_096
CHALLENGE_METHODS = ("S256", "plain")
ALL_OF_HARVEST = "harvest:all"
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_ONE_ACCOUNT = re.compile(r"harvest:([0-9]{1,18})")
_OF_FORECAST = re.compile(r"forecast:(?:all|[0-9]{1,18})")
_OF_ANSWERS = frozenset({"code", "access_token", "expires_in", "token_type", "scope", "error"})
_DANGEROUS = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})


def check_name(value: str) -> str:
    """The name of an application. Raises `Invalid`."""
    name = " ".join(value.split())
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem("name", f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    return name


def check_url(value: str, *, field: str) -> str:
    """An absolute address of http, https or a program's own scheme, without fragment. Raises `Invalid`."""
    text = value.strip()
    if not text:
        raise problem(field, BLANK)
    if len(text) > URL_LENGTH_MAX or any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in text):
        raise problem(field, "is not a URL")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise problem(field, "is not a URL") from None
    is_web = parts.scheme in ("http", "https")
    if not parts.scheme or (is_web and not parts.hostname) or parts.scheme in _DANGEROUS or "#" in text:
        raise problem(field, "must be an absolute URL without fragment")
    return text


def may_return_to(asked: str, registered: str) -> bool:
    """Whether an application may be sent to `asked`: it begins with the registered address, on the same host and port.

    `https://app.example` never leads to `https://app.example.evil.org`, and no step of the path leads back up.
    """
    try:
        check_url(asked, field="redirect_uri")
    except Invalid:
        return False
    one, other = urlsplit(asked), urlsplit(registered)
    if (one.scheme, one.netloc) != (other.scheme, other.netloc):
        return False
    # Some servers take `..;x` for a step back up, too.
    steps = [step.partition(";")[0] for step in unquote(one.path).replace("\\", "/").split("/")]
    return asked.startswith(registered) and ".." not in steps


def with_query(url: str, pairs: Mapping[str, str | None]) -> str:
    """The address with these parameters added, percent-encoded; those without a value are left out.

    Those of an answer replace what it had of them: a `code` in an address that somebody else made up is not to be believed.
    """
    parts = urlsplit(url)
    added = [(name, value) for name, value in pairs.items() if value is not None]
    ours = _OF_ANSWERS.union(name for name, _ in added)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in ours] + added
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(query), ""))


def is_scope(text: str | None) -> bool:
    """Whether a scope names something of Harvest, or nothing."""
    words = (text or "").replace(",", " ").split()
    known = [word for word in words if word in (SCOPE_ALL, ALL_OF_HARVEST) or _ONE_ACCOUNT.fullmatch(word)]
    strange = [word for word in words if word not in known and not _OF_FORECAST.fullmatch(word)]
    return not strange and (bool(known) or not words)


def account_asked(text: str | None) -> int | None:
    """The number of the account that a scope names, if it names one."""
    for word in (text or "").replace(",", " ").split():
        if found := _ONE_ACCOUNT.fullmatch(word):
            return int(found[1])
    return None


def granted(text: str | None, *, reaches_all: bool, account_number: int) -> str:
    """The scope of a token: one account, or all of them where the application may reach all and does not ask for less."""
    is_narrow = account_asked(text) is not None or not reaches_all
    return f"harvest:{account_number}" if is_narrow else ALL_OF_HARVEST


def is_challenge(challenge: str, method: str) -> bool:
    """Whether a challenge can be one. RFC 7636, 4.2."""
    return method in CHALLENGE_METHODS and _CHALLENGE.fullmatch(challenge) is not None


def proves(challenge: str, method: str, verifier: str) -> bool:
    """Whether a verifier is the one behind a challenge. RFC 7636, 4.6."""
    made = verifier
    if method == "S256":
        made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return secrets.compare_digest(made.encode(), challenge.encode())
