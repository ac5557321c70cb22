"""Lists: one page of a listing, and the call for the page after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from harbor_sdk.core.decode import Model
from harbor_sdk.core.read import decode_items
from harbor_sdk.core.reply import invalid_response, read_object
from harbor_sdk.core.request import Reply, Request

M = TypeVar("M", bound=Model)

# Reading everything in the largest pages spends the fewest requests of the rate limit.
AUTO_PAGE_ITEMS: Final = 100


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """A page as the server sent it."""

    data: tuple[M, ...]
    has_more: bool
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListCall(Generic[M]):
    """The request for one page of `model`s."""

    request: Request
    model: type[M]

    def after(self, cursor: str) -> ListCall[M]:
        """The call for the page that follows `cursor`, with the same filters."""
        return self._with("starting_after", cursor)

    def in_large_pages(self) -> ListCall[M]:
        """The same call with the largest pages, unless the caller chose a limit."""
        has_limit = any(name == "limit" for name, _ in self.request.query)
        return self if has_limit else self._with("limit", str(AUTO_PAGE_ITEMS))

    def read(self, reply: Reply) -> Listing[M]:
        """The page in a reply. A page that promises more must say where, and elsewhere than the last one did."""
        value = read_object(reply)
        data = decode_items(reply, self.model, value.get("data"))
        has_more = value.get("has_more") is True
        cursor = value.get("end_cursor")
        if cursor is not None and not isinstance(cursor, str):
            raise invalid_response("end_cursor is not a string.", reply)
        if has_more and (not cursor or ("starting_after", cursor) in self.request.query):
            raise invalid_response("The list promises more without saying where it goes on.", reply)
        return Listing(data, has_more, cursor)

    def _with(self, name: str, value: str) -> ListCall[M]:
        kept = tuple(pair for pair in self.request.query if pair[0] != name)
        return replace(self, request=replace(self.request, query=(*kept, (name, value))))
