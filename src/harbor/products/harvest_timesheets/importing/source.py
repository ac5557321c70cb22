"""The source: a server that speaks Harvest's API V2, asked politely, and believed in nothing.

Every request goes through the guarded client for the way out: no address that is not public, no redirect, bounds of time and
size. Links of answers are never followed; only the cursor or the number is taken out of them. Source: docs/products/harvest.md#imports.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs.model import Abandon
from harbor.kernel.outbound import Failure, Outcome

PAGE_BYTES_MAX: Final = 32 * MIB
TIMEOUT_S: Final = 60.0
# So many requests in so many seconds. Source: docs/products/harvest.md#limits.
PACE: Final = (100, 15.0)
TRIES_MAX: Final = 4
# A source that asks for a longer pause is asked again by a later run of the job.
PAUSE_S_MAX: Final = 900
REDIRECTS_MAX: Final = 3
CURSOR_LENGTH_MAX: Final = 1_000
AGENT: Final = "Harbor import"
_NOT_GIVEN: Final = frozenset({403, 404, 422})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Receipts of Harvest are on the account's own host, which takes the same token.
_HARVEST_HOSTS: Final = "harvestapp.com"
_CLOCKS_APART_MAX: Final = timedelta(days=1)


class Asks(Protocol):
    """The client for the way out."""

    async def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] = ...,
        timeout_s: float = ...,
        *,
        repeatable: bool = ...,
        read_bytes_max: int = ...,
        kept_bytes_max: int = ...,
    ) -> Outcome:
        """Send one request and return what became of it."""
        ...


class NotGiven(Exception):
    """The source refuses a list or does not have it: 403, 404 or 422."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the source answered {status}")
        self.status = status


class NoReceipt(Exception):
    """A receipt that cannot be had; the text says why."""


class _Links(msgspec.Struct):
    next: str | None = None


class _Envelope(msgspec.Struct):
    next_page: int | None = None
    total_entries: int | None = None
    links: _Links | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: records as they came, where the next page is, and how many records there are in all."""

    records: list[msgspec.Raw]
    next: Mapping[str, str] | None
    total: int | None


@dataclass(slots=True, kw_only=True)
class Source:
    """One account of a source. `pace` bounds the requests: so many in so many seconds. `sleep` waits."""

    client: Asks
    url: str
    account: str
    token: str = field(repr=False)
    pace: tuple[int, float] = PACE
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    time: datetime | None = None
    _sent: deque[float] = field(default_factory=deque)

    async def one(self, path: str) -> bytes:
        """A single thing. Raises as `page`."""
        return await self._get(path, {})

    async def page(self, path: str, key: str, query: Mapping[str, str]) -> Page:
        """A page of a list. Raises `NotGiven`, `Unavailable` for what may pass, and `Abandon` for what will not."""
        body = await self._get(path, query)
        try:
            envelope = msgspec.json.decode(body, type=_Envelope)
            records = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get(key)
            if records is None:
                raise Abandon(f"{path} of the source has no list {key}; is this an address of Harvest's API?")
            found = msgspec.json.decode(records, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Abandon(f"{path} of the source is not what Harvest answers: {str(error)[:200]}") from None
        return Page(found, _next(path, envelope, bool(found)), envelope.total_entries)

    async def receipt(self, address: str, bytes_max: int) -> bytes:
        """The bytes of a receipt. Raises `NoReceipt`, and `Unavailable` where the source asks for a long pause."""
        try:
            return await self._receipt(address, bytes_max)
        except (Abandon, ValueError) as error:  # an address that may not be called, or that is none
            raise NoReceipt(str(error)) from None
        except Unavailable as error:
            if error.retry_after_s:
                raise
            raise NoReceipt(error.message) from None

    async def _receipt(self, address: str, bytes_max: int) -> bytes:
        url = urljoin(f"{self.url}/", address)
        for _ in range(REDIRECTS_MAX + 1):
            outcome = await self._ask(url, self._headers(url), bytes_max)
            if outcome.status in _REDIRECTS:
                url = urljoin(url, outcome.headers.get("Location", ""))
                continue
            if outcome.status != 200:
                raise NoReceipt(f"the source answered {outcome.status}")
            if outcome.truncated:
                raise NoReceipt(f"it has more than {bytes_max} bytes")
            return outcome.body
        raise NoReceipt("the source redirects too often")

    async def _get(self, path: str, query: Mapping[str, str]) -> bytes:
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        outcome = await self._ask(url, self._headers(url), PAGE_BYTES_MAX)
        status = outcome.status
        if outcome.error is Failure.REDIRECT:
            raise Abandon(
                f"{path} of the source redirects elsewhere, which is not followed. Give the address it leads to."
            )
        if outcome.error is not None:
            raise Unavailable(f"The source cannot be read: {outcome.detail}")
        if status == 401:
            raise Abandon("The source does not accept the token, or not for this account.")
        if status is not None and status in _NOT_GIVEN:
            raise NotGiven(status)
        if status != 200:
            raise Abandon(f"The source answered {status} to {path}.")
        if outcome.truncated:
            raise Abandon(f"A page of {path} of the source has more than {PAGE_BYTES_MAX // MIB} MiB.")
        return outcome.body

    async def _ask(self, url: str, headers: Mapping[str, str], bytes_max: int) -> Outcome:
        """The answer, after pauses that the source asks for, and again where it stumbles."""
        outcome = None
        for attempt in range(TRIES_MAX):
            await self._keep_pace()
            outcome = await self.client.request(
                "GET",
                url,
                None,
                headers,
                TIMEOUT_S,
                repeatable=True,
                read_bytes_max=bytes_max + 1,
                kept_bytes_max=bytes_max,
            )
            if outcome.error is Failure.BLOCKED_ADDRESS:
                raise Abandon(f"The source may not be called: {outcome.detail}")
            if outcome.status == 429:
                pause_s = _pause_s(outcome)
                if pause_s > PAUSE_S_MAX:
                    raise Unavailable("The source asks for a long pause.", retry_after_s=pause_s)
                await self.sleep(pause_s)
            elif outcome.status is None or outcome.status >= 500 or _broke_off(outcome):
                await self.sleep(float(2**attempt))
            else:
                if self.time is None:
                    self.time = _time_of(outcome)
                return outcome
        assert outcome is not None
        if outcome.status is not None and outcome.error is None:
            raise Unavailable(f"The source answered {outcome.status}, again and again.")
        raise Unavailable(f"The source cannot be read: {outcome.detail}")

    async def _keep_pace(self) -> None:
        """Wait until one more request is within the pace. Source: docs/products/harvest.md#limits."""
        most, window_s = self.pace
        now = time.monotonic()
        while self._sent and self._sent[0] <= now - window_s:
            self._sent.popleft()
        if len(self._sent) >= most:
            await self.sleep(max(0.0, self._sent.popleft() + window_s - now))
        self._sent.append(time.monotonic())

    def _headers(self, url: str) -> Mapping[str, str]:
        """Who asks. The token goes to the source alone, and to the hosts of Harvest if that is the source."""
        if not _is_of(self.url, url):
            return {"User-Agent": AGENT}
        return {
            "User-Agent": AGENT,
            "Accept": "application/json",
            "Authorization": f"Bearer {self.token}",
            "Harvest-Account-Id": self.account,
        }


def normal_url(text: str) -> str:
    """The address of a source without what follows from it: a slash at the end, `/v2`."""
    url = text.strip().rstrip("/")
    return url.removesuffix("/v2").removesuffix("/api").rstrip("/")


def next_query(link: str) -> dict[str, str] | None:
    """Cursor or number of the page that a link leads to; where else it leads does not matter."""
    try:
        asked = parse_qs(urlsplit(link).query, max_num_fields=100)
    except ValueError:
        return None
    for name in ("cursor", "page"):
        value = asked.get(name, [""])[0]
        if value and len(value) <= CURSOR_LENGTH_MAX:
            return {name: value}
    return None


def _next(path: str, envelope: _Envelope, has_records: bool) -> Mapping[str, str] | None:
    link = envelope.links.next if envelope.links else None
    following = next_query(link) if link else None
    if following is None and envelope.next_page is not None:
        following = {"page": str(envelope.next_page)}
    if following is not None and not has_records:
        raise Abandon(f"{path} of the source has pages after an empty one.")
    return following


def _is_of(source: str, url: str) -> bool:
    ours, theirs = urlsplit(source), urlsplit(url)
    if (ours.scheme, ours.netloc.lower()) == (theirs.scheme, theirs.netloc.lower()):
        return True
    hosts = [(each.hostname or "").lower() for each in (ours, theirs)]
    return theirs.scheme == "https" and all(
        host == _HARVEST_HOSTS or host.endswith(f".{_HARVEST_HOSTS}") for host in hosts
    )


def _broke_off(outcome: Outcome) -> bool:
    return outcome.error not in (None, Failure.REDIRECT)


def _pause_s(outcome: Outcome) -> int:
    text = outcome.headers.get("Retry-After", "")
    return min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 10 else 15


def _time_of(outcome: Outcome) -> datetime:
    """What the source's clock says; without one, or with one far off, ours."""
    try:
        said = parsedate_to_datetime(outcome.headers.get("Date", ""))
    except (ValueError, TypeError):
        return outcome.started_at
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return said if abs(said - outcome.started_at) < _CLOCKS_APART_MAX else outcome.started_at
