"""The functions of SQL, by their names in capitals. Source: docs/products/harper-sql.md#sql-functions."""

from __future__ import annotations

from collections.abc import Mapping

from harbor.products.harper_tables.sql.functions import dates, geo, logic, numbers, paths, texts
from harbor.products.harper_tables.sql.functions.model import Context, Function

FUNCTIONS: Mapping[str, Function] = {
    **texts.FUNCTIONS,
    **numbers.FUNCTIONS,
    **logic.FUNCTIONS,
    **dates.FUNCTIONS,
    **geo.FUNCTIONS,
    **paths.FUNCTIONS,
}

__all__ = ["FUNCTIONS", "Context", "Function"]
