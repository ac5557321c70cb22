"""Which records of a table a page shows: one condition, an order, a part; and what was typed as a value that is compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.http.decode import Query
from harbor.products.harper_tables import bodies
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops import csv_rules
from harbor.products.harper_tables.pages.acting import as_user
from harbor.products.harper_tables.search import service
from harbor.products.harper_tables.search.asked import condition_tree, known, sort_keys
from harbor.products.harper_tables.search.model import EVERYTHING, TEXTUAL, WORDS, Comparator
from harbor.products.harper_tables.search.model import Query as SearchQuery
from harbor.products.harper_tables.values import Doc, Instant

COMPARATORS = (
    (Comparator.EQUALS, "is"),
    (Comparator.NOT_EQUAL, "is not"),
    (Comparator.CONTAINS, "contains"),
    (Comparator.STARTS_WITH, "starts with"),
    (Comparator.ENDS_WITH, "ends with"),
    (Comparator.GREATER, "is more than"),
    (Comparator.GREATER_EQUAL, "is at least"),
    (Comparator.LESS, "is less than"),
    (Comparator.LESS_EQUAL, "is at most"),
    (Comparator.BETWEEN, "is between (1, 5)"),
    (Comparator.IN, "is one of (a, b)"),
    (Comparator.MATCHES, "has the words"),
)
_LISTS = frozenset({Comparator.BETWEEN, Comparator.IN})
_TEXTS = TEXTUAL | WORDS
_PAGE_MAX = 1_000_000


class Filters(Query):
    """Which records; without attribute and value all of them."""

    attribute: str = ""
    comparator: str = ""
    value: str = ""
    sort: str = ""
    order: str = ""
    page: str = ""

    @property
    def is_on(self) -> bool:
        """Whether there is a condition. The empty text is asked for as `""`, what is absent as `null`."""
        return bool(self.attribute and self.value)

    @property
    def number(self) -> int:
        """Which page, from 1 on; what is no number is the first."""
        text = self.page
        return max(1, min(int(text), _PAGE_MAX)) if text.isascii() and text.isdigit() and len(text) < 12 else 1

    def query(self, **changes: str) -> str:
        """These filters as they stand in an address, with changes; what is empty is left out."""
        known: dict[str, str] = msgspec.structs.asdict(self)
        return urlencode({name: value for name, value in {**known, **changes}.items() if value})


def find(call: Call, table: Table, filters: Filters, *, limit: int, offset: int = 0) -> list[Doc]:
    """The records that the filters ask for. Raises as the operations do, for instance for an unknown attribute."""
    asked: dict[str, Any] = {}
    if filters.is_on:
        asked["conditions"] = [condition(table, filters)]
    if filters.sort or filters.order:
        asked["sort"] = {"attribute": filters.sort or table.primary_key, "descending": filters.order == "desc"}
    fields = Fields(asked)
    where, sort = condition_tree(fields) if filters.is_on else EVERYTHING, sort_keys(fields)
    fields.check()
    me = as_user(call)
    found = catalog.to_read(me, table.database, table.name)
    return service.find(me, found, SearchQuery(where=known(found, where, sort), sort=sort, limit=limit, offset=offset))


def condition(table: Table, filters: Filters) -> Mapping[str, Any]:
    """The condition as the operation takes it."""
    comparator = filters.comparator or Comparator.EQUALS.value
    value = operand(filters.value, comparator, type_of(table, filters.attribute))
    if filters.attribute in TIMES:
        value = [_ms(each) for each in value] if isinstance(value, list) else _ms(value)
    return {"attribute": filters.attribute, "comparator": comparator, "value": value}


def operand(text: str, comparator: str, declared: str | None) -> Any:
    """What was typed as the value of a comparison; several with commas between them, or as a JSON array."""
    if comparator in _TEXTS:
        quoted = _quoted(text)
        return text if quoted is None else quoted
    if comparator not in _LISTS:
        return value(text, declared)
    typed = csv_rules.value(text.strip())
    return typed if isinstance(typed, list) else [value(part, declared) for part in text.split(",")]


def value(text: str, declared: str | None) -> Any:
    """One value that was typed: as a cell of a CSV means it. What stands in quotes is a text whatever it looks like."""
    text = text.strip()
    quoted = _quoted(text)
    return csv_rules.value(text, declared) if quoted is None else quoted


def type_of(table: Table, name: str) -> str | None:
    """The declared type of an attribute."""
    if name == table.primary_key:
        found = table.key_definition.get("type")
        return found if isinstance(found, str) else None
    attribute = table.attributes.get(name)
    return None if attribute is None else attribute.type


def _quoted(text: str) -> str | None:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return None
    try:
        found = bodies.read(f'{{"text":{text}}}'.encode(), None, None)["text"]
    except (HarborError, KeyError):
        return None
    return found if isinstance(found, str) else None


def _ms(moment: Any) -> Any:
    return moment.ms if isinstance(moment, Instant) else moment
