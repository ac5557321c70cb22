"""Whether an address may be a webhook's destination. Source: docs/products/harbour.md#webhooks."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.errors import Invalid
from harbor.kernel.http.services import Services
from harbor.products.harbour_agreements.refusals import Problem, invalid

PATH: Final = "destination_url"
_HTTPS, _UNPRIVILEGED = 443, 1_024
# What the outbound guard says of an address that is one and may not be called.
_UNSAFE: Final = ("not public", "names this machine", "looks like an address", "without a dot")


async def check_destination(value: Any, services: Services) -> None:
    """Refuse an address by its text and by where its host leads now. Raises `Invalid` (invalid_url, unsafe_url)."""
    url = value.get(PATH) if isinstance(value, dict) else None
    if not isinstance(url, str):
        return  # absent or no text: that is the decoder's to say
    try:
        target = services.outbound.target(url, field=PATH)
    except Invalid as error:
        raise refusal_of(error, url) from None
    if target.port != _HTTPS and (target.port or 0) < _UNPRIVILEGED:
        raise invalid(Problem(PATH, "invalid_url", f"{PATH} may use port 443 or one from 1024 on.", url[:200]))
    try:
        await services.outbound.check_resolves(url, field=PATH)
    except Invalid as error:
        raise refusal_of(error, url) from None


def refusal_of(error: Invalid, url: str, path: str = PATH) -> Invalid:
    """What the outbound guard says of an address, in Harbour's codes."""
    code = "unsafe_url" if any(words in error.message for words in _UNSAFE) else "invalid_url"
    return invalid(Problem(path, code, error.message, url[:200]))
