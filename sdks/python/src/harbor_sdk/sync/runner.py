# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""Running calls: one object, one page, or every item of a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from harbor_sdk.core.decode import Model
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.request import Call
from harbor_sdk.sync.transport import Transport

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some items of a list, newest first unless asked otherwise. `end_cursor` is good for 24 hours."""

    data: tuple[M, ...]
    has_more: bool
    end_cursor: str | None
    _call: ListCall[M] = field(repr=False, compare=False)
    _runner: Runner = field(repr=False, compare=False)

    def next_page(self) -> Page[M] | None:
        """The page after this one, with the same filters; None after the last."""
        if not self.has_more or self.end_cursor is None:
            return None
        return self._runner.page(self._call.after(self.end_cursor))


class Runner:
    """Sends calls and reads their replies."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def one(self, call: Call[T]) -> T:
        """What the reply to a call holds."""
        return call.read(self.transport.send(call.request))

    def page(self, call: ListCall[M]) -> Page[M]:
        """One page, which can fetch the one after it."""
        listing = call.read(self.transport.send(call.request))
        return Page(listing.data, listing.has_more, listing.end_cursor, call, self)

    def each(self, call: ListCall[M]) -> Iterator[M]:
        """Every item, page after page. A page is fetched when the first of its items is asked for."""
        page: Page[M] | None = self.page(call.in_large_pages())
        while page is not None:
            yield from page.data
            page = page.next_page()
