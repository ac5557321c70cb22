"""Templates of requests: texts with `{placeholders}` of a check. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from harbor.products.harbour_agreements.providers.protocol import Applicant, Order

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_.-]+)?)\}")
_APPLICANT: Final = (
    "first_name",
    "last_name",
    "email",
    "date_of_birth",
    "phone",
    "addresses",
    "ssn",
    "licence_number",
    "licence_state",
)
NAMES: Final = frozenset(
    {
        "reference",
        "order.verification_id",
        "order.type",
        "order.tier",
        "order.attempt",
        *(f"applicant.{name}" for name in _APPLICANT),
    }
)


def known(order: Order, applicant: Applicant | None, reference: str | None) -> dict[str, Any]:
    """What placeholders of a check stand for."""
    values: dict[str, Any] = {
        "reference": reference,
        "order.verification_id": order.verification_id,
        "order.type": order.type.value,
        "order.tier": None if order.tier is None else order.tier.value,
        "order.attempt": order.attempt,
    }
    for name in _APPLICANT:
        values[f"applicant.{name}"] = None if applicant is None else getattr(applicant, name)
    return values | {f"metadata.{key}": value for key, value in order.metadata.items()}


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A body with its placeholders filled. A text that is one placeholder becomes its value, whatever that is."""
    if isinstance(template, dict):
        return {name: filled(item, values) for name, item in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template)
    if whole is not None:
        found = values.get(whole[1])
        return list(found) if isinstance(found, tuple) else found
    return _PLACEHOLDER.sub(lambda match: _text(values.get(match[1])), template)


def filled_path(template: str, values: Mapping[str, Any]) -> str:
    """A path with its placeholders filled, each percent-encoded."""
    return _PLACEHOLDER.sub(lambda match: quote(_text(values.get(match[1])), safe=""), template)


def strangers(template: Any) -> list[str]:
    """Placeholders that stand for nothing."""
    if isinstance(template, dict):
        return [name for item in template.values() for name in strangers(item)]
    if isinstance(template, list):
        return [name for item in template for name in strangers(item)]
    if not isinstance(template, str):
        return []
    return [name for name in _PLACEHOLDER.findall(template) if name not in NAMES and not name.startswith("metadata.")]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
