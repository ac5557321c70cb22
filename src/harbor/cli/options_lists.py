"""Options of lists, and fetching as many pages as were asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from harbor.cli.options_values import moment

if TYPE_CHECKING:
    from harbor_sdk import Page

PAGE_ITEMS_MAX: Final = 100  # the server's largest page
# Held in memory at once. For more, go on with --starting-after.
LIST_ITEMS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a list is wanted."""

    limit: int
    starting_after: str | None
    created_after: str | None
    created_before: str | None
    order: str | None

    def fetch(self, list_: Callable[..., Page[Any]], *args: object, **filters: object) -> dict[str, Any]:
        """The list object with up to `limit` items, over several pages if need be."""
        data: list[dict[str, Any]] = []
        cursor, has_more = self.starting_after, True
        while has_more and len(data) < self.limit:
            page = list_(
                *args,
                limit=min(PAGE_ITEMS_MAX, self.limit - len(data)),
                starting_after=cursor,
                created_after=self.created_after,
                created_before=self.created_before,
                order=self.order,
                **filters,
            )
            data += [item.to_dict() for item in page.data]
            cursor, has_more = page.end_cursor or cursor, page.has_more
        return {"data": data, "has_more": has_more, "end_cursor": cursor}


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `--limit` and `--starting-after`, as `listing`. For lists that know neither time nor order."""

    @functools.wraps(command)
    def run(
        *args: Any,
        limit: int,
        starting_after: str | None,
        created_after: str | None = None,
        created_before: str | None = None,
        order: str | None = None,
        **given: Any,
    ) -> None:
        listing = Listing(limit, starting_after, created_after, created_before, order)
        command(*args, listing=listing, **given)

    wrapped: Callable[..., None] = run
    wrapped = click.option("--starting-after", metavar="CURSOR", help="Where an earlier list ended.")(wrapped)
    return click.option(
        "--limit",
        type=click.IntRange(1, LIST_ITEMS_MAX),
        default=20,
        show_default=True,
        help="How many at most.",
    )(wrapped)


def list_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command what `page_options` gives, and `--created-after`, `--created-before` and `--order`."""
    wrapped = click.option("--order", type=click.Choice(["asc", "desc"]), help="Oldest or newest first.")(
        page_options(command)
    )
    return created_options(wrapped)


def created_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command `--created-after` (inclusive) and `--created-before` (exclusive)."""
    wrapped = click.option("--created-before", type=moment, help="Only what was created before this moment.")(command)
    return click.option("--created-after", type=moment, help="Only what was created at or after this moment.")(wrapped)
