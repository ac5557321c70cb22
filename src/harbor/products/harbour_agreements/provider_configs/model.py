"""A provider of an organization, and what is wrong with its description. Source: docs/products/harbour.md#http-providers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from harbor.products.harbour_agreements.providers.http import templates
from harbor.products.harbour_agreements.providers.http.model import HttpSettings
from harbor.products.harbour_agreements.providers.http.pointers import is_pointer
from harbor.products.harbour_agreements.providers.protocol import MANUAL_REVIEW, SANDBOX
from harbor.products.harbour_agreements.refusals import Problem
from harbor.products.harbour_agreements.verifications.model import Type

PROVIDERS_MAX: Final = 20
BUILT_IN: Final = frozenset({SANDBOX, MANUAL_REVIEW})
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}")
_TOLERANCES: Final = range(1, 3_601)
_HOURS: Final = range(1, 24 * 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """One provider. `sealed_secrets` are opened only to ask it, and to hear it."""

    id: str
    account_id: str
    key: str
    settings: HttpSettings
    sealed_secrets: str
    created_at: datetime
    updated_at: datetime


def is_key(text: str) -> bool:
    """Whether a text may be a provider's key: a small letter, then letters, digits, `_` and `-`; not that of a built-in one."""
    return _KEY.fullmatch(text) is not None and text not in BUILT_IN


def problems(settings: HttpSettings) -> Iterator[Problem]:
    """What is wrong with a description beyond the types of its fields."""
    if not settings.types:
        yield Problem("settings.types", "too_short", "settings.types needs at least one type.")
    for name in ("start", "get", "submit", "cancel"):
        request = getattr(settings.requests, name)
        if request is None:
            continue
        path = f"settings.requests.{name}"
        if not request.path.startswith("/"):
            yield Problem(f"{path}.path", "custom", "A path begins with a slash.", request.path[:100])
        for stranger in [*templates.strangers(request.path), *templates.strangers(request.body)]:
            yield Problem(path, "custom", f"{{{stranger}}} stands for nothing.", stranger[:100])
    pointers = settings.pointers
    named = {"reference": pointers.reference, "status": pointers.status, "result": pointers.result or ""}
    named |= {
        "sub_status": pointers.sub_status or "",
        **{f"parts.{key}": value for key, value in pointers.parts.items()},
    }
    for name, pointer in named.items():
        if not is_pointer(pointer):
            yield Problem(f"settings.pointers.{name}", "custom", "It is no JSON pointer.", pointer[:100])
    if not _HEADER.fullmatch(settings.auth_header):
        yield Problem("settings.auth_header", "custom", "It is no name of a header.", settings.auth_header[:100])
    if settings.service_level_hours not in _HOURS:
        yield Problem("settings.service_level_hours", "out_of_range", "service_level_hours lies between 1 and a year.")
    if settings.callback is not None:
        yield from _callback_problems(settings)
    if Type.DRUG not in settings.types and Type.IDENTITY not in settings.types and settings.requests.submit is not None:
        yield Problem("settings.requests.submit", "custom", "Checks of these types begin submitted.")


def _callback_problems(settings: HttpSettings) -> Iterator[Problem]:
    callback = settings.callback
    assert callback is not None
    if not _HEADER.fullmatch(callback.header):
        yield Problem("settings.callback.header", "custom", "It is no name of a header.", callback.header[:100])
    if callback.form.count("{signature}") != 1 or callback.form.count("{timestamp}") > 1:
        message = "The form has {signature} once, and {timestamp} at most once."
        yield Problem("settings.callback.form", "custom", message, callback.form[:100])
    if callback.payload.count("{body}") != 1:
        yield Problem("settings.callback.payload", "custom", "The payload has {body} once.", callback.payload[:100])
    if ("{timestamp}" in callback.payload) and "{timestamp}" not in callback.form:
        yield Problem(
            "settings.callback.form", "custom", "The payload signs a {timestamp} that the form does not name."
        )
    if callback.tolerance_s not in _TOLERANCES:
        yield Problem("settings.callback.tolerance_s", "out_of_range", "tolerance_s lies between 1 and 3600.")
    if not is_pointer(callback.object):
        yield Problem("settings.callback.object", "custom", "It is no JSON pointer.", callback.object[:100])
