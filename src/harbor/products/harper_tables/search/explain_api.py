"""The operation `explain`: what a search or a SELECT would do, and which index would help. An addition of ours.

`query` is the body of the search. The same is answered by the search itself when it carries `"explain": true`.
Source: docs/products/harper.md#explain.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.products.harper_tables.error_paths import at, below
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, permit
from harbor.products.harper_tables.rights import user_of

EXPLAINED = ("search", "search_by_conditions", "search_by_value", "sql")


def explain_operations(known: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operation, over the searches among those that are known."""
    searches = {name: each for each in known for name in (each.name, *each.also) if name in EXPLAINED}
    assert len(searches) == len(EXPLAINED), searches

    def named(value: Any) -> Operation | None:
        name = value.get("operation") if isinstance(value, dict) else None
        return searches.get(name) if isinstance(name, str) else None

    async def prepare(value: Any) -> object:
        """What the search prepares outside the transaction."""
        query = value.get("query")
        operation = named(query)
        if operation is None or operation.prepare is None:
            return None
        try:
            return await operation.prepare(query)
        except HarborError as error:
            raise below(at("query"), error) from None

    def explain(call: Call, body: Fields, prepared: object) -> Any:
        """What a search would do, without doing it."""
        query = body.raw("query")
        operation = named(query)
        if not isinstance(query, dict):
            body.refuse(f"'query' {'is required' if query is None else 'must be of type object'}", field="query")
        elif operation is None:
            body.refuse(f"'query.operation' must be one of [{', '.join(EXPLAINED)}]", field="query.operation")
        body.check()
        assert operation is not None
        permit(user_of(call).rights, operation)
        supply = {"call": call, "body": Fields({**query, "explain": True}, body.compat), "prepared": prepared}
        wanted = [name for name in inspect.signature(operation.handler).parameters if name in supply]
        try:
            return operation.handler(**{name: supply[name] for name in wanted})
        except HarborError as error:
            raise below(at("query"), error) from None

    return (
        Operation(
            name="explain",
            handler=explain,
            prepare=prepare,
            read="long",
            group="Searches",
            summary="What a search would do, and which index would help",
        ),
    )
