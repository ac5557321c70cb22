"""`order_by`: one field and a direction. Source: docs/products/harbour.md#order-by."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from harbor.products.harbour_agreements.refusals import Problem, invalid

_GRAMMAR = re.compile(r"([a-z_]+)(?:\s+(asc|desc))?")


@dataclass(frozen=True, slots=True)
class Order:
    """A column and the direction."""

    field: str
    is_descending: bool


def parse_order(text: str | None, fields: Collection[str]) -> Order:
    """What `order_by` asks for; `created_at DESC` without it, ascending without a direction. Raises `Invalid`."""
    if text is None:
        return Order("created_at", True)
    match = _GRAMMAR.fullmatch(text.strip().lower())
    if match is None or match[1] not in fields:
        message = f"order_by is one of {', '.join(sorted(fields))}, and ASC or DESC after it."
        raise invalid(Problem("order_by", "invalid_order_by", message, text[:100]))
    return Order(match[1], match[2] == "desc")
