"""The filters of a list of verifications, as they stand in a query. Source: docs/products/harbour.md#list."""

from __future__ import annotations

from typing import Final

from harbor.kernel import strict
from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.verifications.metadata import canonical

PAIRS_MAX: Final = 20
SEARCH_LENGTH_MAX: Final = 200
_PATH = "verification_metadata"


def parse_search(text: str | None) -> str | None:
    """The folded text to look for, or None. Raises `Invalid` for more than 200 characters."""
    if text is None or not text:
        return None
    if len(text) > SEARCH_LENGTH_MAX:
        message = f"search has {len(text)} characters; at most {SEARCH_LENGTH_MAX} fit."
        raise invalid(Problem("search", "too_long", message))
    return text


def parse_filter(text: str | None) -> dict[str, str]:
    """The pairs of a list's filter, values as canonical text. Raises `Invalid` (invalid_metadata_filter)."""
    if text is None:
        return {}
    try:
        given = strict.check(text.encode("utf-8", "surrogatepass"))
    except Invalid as error:
        raise _no_filter(error.message, text) from None
    if not isinstance(given, dict):
        raise _no_filter("It must be a JSON object.", text)
    if len(given) > PAIRS_MAX:
        raise _no_filter(f"It has {len(given)} pairs; at most {PAIRS_MAX} are possible.", text)
    if any(isinstance(value, dict | list) for value in given.values()):
        raise _no_filter("Its values must be strings, numbers, true, false or null.", text)
    return {key: canonical(value) for key, value in given.items()}


def _no_filter(why: str, text: str) -> Invalid:
    return invalid(Problem(_PATH, "invalid_metadata_filter", f"{_PATH} is no filter. {why}", text[:200]))
