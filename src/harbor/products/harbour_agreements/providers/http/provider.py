"""A provider behind an HTTP API, as an organization described it. Source: docs/products/harbour.md#http-providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from harbor.kernel import strict
from harbor.kernel.clock import real_now
from harbor.kernel.errors import Invalid
from harbor.kernel.outbound import OutboundClient
from harbor.products.harbour_agreements.providers.http import signatures, templates
from harbor.products.harbour_agreements.providers.http.model import HttpSettings, RequestTemplate, Secrets
from harbor.products.harbour_agreements.providers.http.pointers import at
from harbor.products.harbour_agreements.providers.http.reading import update_of
from harbor.products.harbour_agreements.providers.protocol import (
    Applicant,
    Capability,
    Followed,
    Health,
    Order,
    ProviderDown,
    ProviderError,
    Started,
    Unauthentic,
    Update,
)
from harbor.products.harbour_agreements.verifications.catalogue import FAMILIES
from harbor.products.harbour_agreements.verifications.model import STARTABLE, Status

# Only these are worth a second try: the request may not have been understood at all. [Certn: retries]
RETRIED: Final = frozenset({408, 500, 502, 503, 504})
_TRIES: Final = 2
_TIMEOUT_S: Final = 15.0
_ANSWER_BYTES_MAX: Final = 1024 * 1024
_POLL_S_MIN, _POLL_S_MAX = 60.0, 6 * 3_600.0


class HttpProvider:
    """Checks that another API runs. Its answers are read by the organization's pointers and words."""

    is_remote = True

    def __init__(self, key: str, settings: HttpSettings, secrets: Secrets, client: OutboundClient) -> None:
        self.key = key
        self.display_name = settings.display_name
        self.service_level_s: float | None = settings.service_level_hours * 3_600.0
        self._settings = settings
        self._secrets = secrets
        self._client = client

    def capabilities(self) -> frozenset[Capability]:
        """The types that the organization named, with all their tiers."""
        return frozenset((type_, tier) for type_ in self._settings.types for tier in FAMILIES.get(type_, (None,)))

    def poll_delay_s(self, quiet_polls: int) -> float | None:
        """A minute, and after answers without news twice as long each time, up to six hours."""
        return float(min(_POLL_S_MAX, _POLL_S_MIN * 2.0 ** min(quiet_polls, 20)))

    async def start(self, order: Order, applicant: Applicant, now: datetime) -> Started:
        """Take a check. The verification's id goes along, so that starting twice is harmless where the provider heeds it."""
        values = templates.known(order, applicant, None)
        answer = await self._ask(self._settings.requests.start, values, order.verification_id)
        update = _fitting(order, update_of(self._settings, answer, now))
        return Started(reference=update.reference, update=update)

    async def submit(self, followed: Followed) -> Update:
        """The person's part is done; where the provider need not be told, it is asked how the check stands."""
        template = self._settings.requests.submit or self._settings.requests.get
        answer = await self._ask(template, self._values(followed), f"{followed.order.verification_id}-submit")
        return self._read(followed, answer)

    async def poll(self, followed: Followed) -> Update | None:
        """How the check stands, if that is another way than before."""
        answer = await self._ask(self._settings.requests.get, self._values(followed), None)
        update = self._read(followed, answer)
        return None if update.update_id == followed.last_update_id else update

    async def cancel(self, reference: str) -> bool:
        """Stop a check, where the provider can."""
        template = self._settings.requests.cancel
        if template is None:
            return False
        await self._ask(template, {"reference": reference}, f"{reference}-cancel")
        return True

    def parse_callback(self, headers: Mapping[str, str], raw_body: bytes) -> list[Update]:
        """The report of a signed callback. Raises `Unauthentic`, and `ProviderError` for one in unknown words."""
        callback, secret = self._settings.callback, self._secrets.callback
        if callback is None or secret is None:
            raise Unauthentic("This provider sends no callbacks.")
        signatures.check(callback, secret, headers, raw_body, real_now())
        body = _json(raw_body, "The callback")
        return [update_of(self._settings, at(body, callback.object), real_now())]

    async def redact(self, reference: str) -> bool:
        """The description has no request for it."""
        return False

    async def health(self) -> Health:
        """Nothing is known beforehand: the breaker remembers what failed."""
        return Health(is_up=True)

    def _read(self, followed: Followed, answer: Any) -> Update:
        return _fitting(followed.order, update_of(self._settings, answer, followed.now, reference=followed.reference))

    def _values(self, followed: Followed) -> dict[str, Any]:
        return templates.known(followed.order, followed.applicant, followed.reference)

    async def _ask(self, template: RequestTemplate, values: Mapping[str, Any], once: str | None) -> Any:
        url = self._settings.base_url.rstrip("/") + templates.filled_path(template.path, values)
        body = None if template.body is None else msgspec.json.encode(templates.filled(template.body, values))
        headers = {
            self._settings.auth_header: self._settings.auth_value.replace("{secret}", self._secrets.auth),
            "Accept": "application/json",
            **({"Content-Type": "application/json"} if body is not None else {}),
            **({"Idempotency-Key": once} if once is not None else {}),
        }
        for tried in range(1, _TRIES + 1):
            outcome = await self._client.request(
                template.method,
                url,
                body,
                headers,
                _TIMEOUT_S,
                read_bytes_max=_ANSWER_BYTES_MAX,
                kept_bytes_max=_ANSWER_BYTES_MAX,
            )
            if outcome.status not in RETRIED or tried == _TRIES:
                break
        if outcome.status is None or outcome.status in RETRIED:
            raise ProviderDown(f"{self.display_name} does not answer ({outcome.status or outcome.error}).")
        if not 200 <= outcome.status < 300:
            raise ProviderError(f"{self.display_name} answered with {outcome.status}.")
        return _json(outcome.body, f"The answer of {self.display_name}") if outcome.body.strip() else {}


def _fitting(order: Order, update: Update) -> Update:
    """The report as checks of the type have it: only some wait for their submission."""
    if update.status is Status.STARTED and order.type not in STARTABLE:
        return replace(update, status=Status.IN_PROGRESS)
    return update


def _json(raw: bytes, what: str) -> Any:
    try:
        return strict.check(raw)
    except (Invalid, RecursionError) as error:
        raise ProviderError(f"{what} cannot be read: {error}") from None
