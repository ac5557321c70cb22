"""Why a signature does not match: what was received, compared with what may have been sent.

The checks themselves are the kernel's `diagnose`. Here is what a person wants to know after one failed: was the body
written anew on its way, is it an older secret, does the value belong to the other header? Source:
docs/products/harbor.md#signatures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from harbor.kernel.webhooks.signing import TOLERANCE_S, Check, Finding, diagnose

HEADERS_MAX = 100
_NAMES = ("harbor-signature", "harbor-timestamp", "webhook-id", "webhook-timestamp", "webhook-signature")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_STANDARD = re.compile(r"v1,[A-Za-z0-9+/]{43}=")
_SIGNATURES = frozenset({Check.HARBOR_SIGNATURE, Check.STANDARD_SIGNATURE})
# The keys of the envelope in the order in which they are sent.
_ENVELOPE = ("id", "type", "created_at", "data")
_EVENT = ("id", "type", "workspace_id", "payload", "created_at")


class Cause(StrEnum):
    """What is the matter, the first thing to mend."""

    GOOD = "good"
    HEADERS = "headers"
    SWAPPED = "swapped"
    FORMAT = "format"
    TIME = "time"
    SECRET = "secret"  # noqa: S105 (a name)
    OLD_SECRET = "old_secret"  # noqa: S105 (a name)
    WRONG_SECRET = "wrong_secret"  # noqa: S105 (a name)
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A secret to try. `is_current` is False for one that was rotated away; `label` is how it is spoken of."""

    text: str
    label: str
    is_current: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The cause with what to do about it, and the single checks behind it."""

    cause: Cause
    text: str
    remedy: str
    findings: Sequence[Finding]

    @property
    def is_good(self) -> bool:
        """Whether a receiver accepts it."""
        return self.cause is Cause.GOOD


def headers_of(text: str) -> dict[str, str]:
    """The headers in what was pasted: lines of a request, of curl's output or options, or a JSON object. Lower case."""
    found: dict[str, str] = {}
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            return {}
        pairs = [(name, one[0] if isinstance(one, list) and one else one) for name, one in value.items()]
        return {str(name).lower(): str(one) for name, one in pairs[:HEADERS_MAX]}
    for line in stripped.split("\n")[:HEADERS_MAX]:
        bare = re.sub(r"^\s*(?:[<>*]\s+|(?:-H|--header)[ =]?)", "", line).strip().rstrip("\\").strip().strip("'\",")
        name, colon, value = bare.partition(":")
        if colon and re.fullmatch(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name.strip(" '\"")):
            found[name.strip(" '\"").lower()] = value.strip().strip("'\"")
    return found


def examine(
    headers: Mapping[str, str], body: str, secrets: Sequence[Known], *, now: float, sent: str | None = None
) -> Diagnosis:
    """What is wrong with a delivery as it was received at `now`. `sent` is the body that left, if it is known.

    `secrets` has at least one; the current ones come first. The result never holds a secret or a right signature.
    """
    assert secrets, "there is nothing to compare with"
    given = {name.lower(): value.strip() for name, value in headers.items() if name.lower() in _NAMES}
    tries = [(known, diagnose(given, body, secret=known.text, now=now)) for known in secrets]
    known, findings = next((each for each in tries if _is_signed(each[1])), tries[0])
    failed = {finding.check for finding in findings if not finding.passed}

    def is_made_of(candidate: str, one: Known) -> bool:
        return _is_signed(diagnose(given, candidate, secret=one.text, now=now))

    def told(cause: Cause, text: str, remedy: str) -> Diagnosis:
        return Diagnosis(cause=cause, text=text, remedy=remedy, findings=findings)

    if (swapped := _swapped(given)) is not None:
        return told(Cause.SWAPPED, *swapped)
    if Check.HEADERS in failed:
        return told(Cause.HEADERS, _missing(given), "Pass on all of these headers; some proxies drop unknown ones.")
    for check in (Check.FORMAT, Check.TIMESTAMP):
        if check in failed:
            text = next(finding.text for finding in findings if finding.check is check and not finding.passed)
            return told(Cause.FORMAT, text, "Compare with the value as it left; nothing may trim or join headers.")
    if _is_signed(findings) and not known.is_current:
        text = f"It was signed with {known.label}, which the endpoint no longer uses."
        return told(Cause.OLD_SECRET, text, "Give the receiver the current secret, or rotate with a longer grace.")
    if _is_signed(findings):
        if Check.AGE not in failed:
            return told(Cause.GOOD, f"The signature is right, made with {known.label}.", "Nothing has to be done.")
        return told(Cause.TIME, _age(given, now), "The signature itself is right. Was this received just now?")
    for one in secrets:
        for candidate, how in _rewritten(body, sent):
            if candidate != body and is_made_of(candidate, one):
                return told(Cause.BODY, f"The body was changed on its way: {how}.", _RAW)
    if sent is not None and sent != body:
        return told(Cause.BODY, _difference(sent, body), _RAW)
    if Check.SECRET in failed:
        text = next(finding.text for finding in findings if finding.check is Check.SECRET)
        return told(Cause.SECRET, text, "Copy the secret of this endpoint again, whole and without blanks.")
    if sent is not None:
        text = "The body is what was sent, so the signature was made with another secret."
        return told(Cause.WRONG_SECRET, text, _OTHER)
    text = "Neither this body nor any usual rewriting of it matches with this secret."
    return told(Cause.WRONG_SECRET, text, f"{_OTHER} If the secret is right, the content of the body was changed.")


_RAW = "Verify the raw bytes of the request, before anything parses them."
_OTHER = "Each endpoint has a secret of its own, and it is not an API key."


def _is_signed(findings: Sequence[Finding]) -> bool:
    signatures = [finding for finding in findings if finding.check in _SIGNATURES]
    return bool(signatures) and all(finding.passed for finding in signatures)


def _swapped(given: Mapping[str, str]) -> tuple[str, str] | None:
    """Whether a value stands in the header of the other style."""
    harbor, standard = given.get("harbor-signature", ""), given.get("webhook-signature", "")
    if _STANDARD.match(harbor):
        text = "Harbor-Signature holds a value of webhook-signature: v1, and base64."
        return text, "Harbor-Signature is t=…,v1=… with hex digits. The two are made from different texts."
    if standard and "v1," not in standard and ("v1=" in standard or _HEX.fullmatch(standard)):
        text = "webhook-signature holds a value of Harbor-Signature: hex digits."
        return (
            text,
            "webhook-signature is v1, and base64, over id, timestamp and body. The two are not interchangeable.",
        )
    return None


def _missing(given: Mapping[str, str]) -> str:
    names = [("Harbor-Signature", "Harbor-Timestamp"), ("webhook-id", "webhook-timestamp", "webhook-signature")]
    started = next((style for style in names if any(name.lower() in given for name in style)), names[0])
    absent = [name for name in started if name.lower() not in given]
    return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} missing."


def _age(given: Mapping[str, str], now: float) -> str:
    moment = int(given.get("harbor-timestamp") or given["webhook-timestamp"])
    if moment > now * 100:
        return "The timestamp looks like milliseconds; it counts seconds."
    age_s = round(now - moment)
    beyond = abs(age_s) - TOLERANCE_S
    when = f"{_duration(age_s)} ago" if age_s > 0 else f"{_duration(-age_s)} in the future"
    return f"It was signed {when}, {_duration(beyond)} beyond the {TOLERANCE_S // 60} minutes that receivers allow."


def _duration(seconds: int) -> str:
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} s"


def _rewritten(body: str, sent: str | None) -> Iterator[tuple[str, str]]:
    """Bodies that may have been sent, were this one written anew by what stands between."""
    if sent is not None:
        yield sent, _difference(sent, body)
    yield body.removeprefix("\ufeff"), "a byte order mark was put before it"
    yield body.strip(), "there are blanks or line breaks around it"
    yield body + "\n", "its last line break is missing"
    yield body.replace("\n", "\r\n"), "its line breaks were changed from CR LF"
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        yield from _unescaped(body)
        return
    if isinstance(value, str):
        yield value, "it was encoded as JSON twice"
        return
    try:
        plain = msgspec.json.format(body, indent=-1)
    except (ValueError, RecursionError):
        return
    yield plain, "blanks were put into its JSON"
    for text, how in _written(value):
        yield text, how
    ordered = _in_order(value)
    for text, how in _written(ordered):
        yield text, f"the keys of its JSON were put in another order, and {how}"


def _written(value: object) -> Iterator[tuple[str, str]]:
    yield _dumps(value, ensure_ascii=False), "its JSON was parsed and written anew, with escapes or blanks"
    yield _dumps(value, ensure_ascii=True), "its JSON was parsed and written anew, without its escapes"
    yield (
        _dumps(value, ensure_ascii=False).replace("/", "\\/"),
        "its JSON was parsed and written anew, slashes unescaped",
    )


def _dumps(value: object, *, ensure_ascii: bool) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, separators=(",", ":"))


def _unescaped(body: str) -> Iterator[tuple[str, str]]:
    if "&quot;" in body:
        text = body.replace("&quot;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">")
        yield text.replace("&amp;", "&"), "it was escaped for HTML"
    if '\\"' in body:
        yield body.replace('\\"', '"').strip('"'), "it was encoded as JSON twice"


def _in_order(value: Any) -> Any:
    """The envelope with its keys as they are sent, if it is one."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
        return value
    return _sorted({**value, "data": _sorted(value["data"], _EVENT)}, _ENVELOPE)


def _sorted(value: dict[str, Any], order: Sequence[str]) -> dict[str, Any]:
    return {name: value[name] for name in (*order, *value) if name in value}


def _difference(sent: str, body: str) -> str:
    """Where two bodies part, in bytes."""
    left, right = sent.encode("utf-8", "surrogatepass"), body.encode("utf-8", "surrogatepass")
    at = next(
        (index for index, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )
    return f"{len(left)} bytes were sent, these are {len(right)}, and they differ from byte {at + 1} on"
