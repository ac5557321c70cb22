"""The operation `batch`: writes to any tables that are done together or not at all. An addition of ours.

Each write is the operation of that name with its own rights and reply. A refusal says which one it was, by its place and
path, and leaves nothing behind. With `dry_run` everything is done, told and undone. Source: docs/products/harper.md#batches.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.products.harper_tables.error_paths import at, below
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation, permit
from harbor.products.harper_tables.records.model import RECORDS_MAX
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import user_of
from harbor.products.harper_tables.trials import tried

OPERATIONS_MAX = 100
WRITES = ("insert", "update", "upsert", "put", "delete", "sql")
_LISTS = ("records", "ids", "hash_values")
_DONE = ("inserted_hashes", "update_hashes", "upserted_hashes", "deleted_hashes")


@dataclass(frozen=True, slots=True)
class _Refused:
    """A statement that could not be read; told when its turn comes."""

    error: HarborError

    def again(self) -> HarborError:
        """A refusal of its own: the transaction may run again, and what is raised is told its place."""
        found = self.error
        return type(found)(found.message, code=found.code, field=found.field, details=found.details, extra=found.extra)


def batch_operations(known: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operation, over the writes among those that are known."""
    writes = {name: each for each in known for name in (each.name, *each.also) if name in WRITES}
    assert len(writes) == len(WRITES), writes

    async def prepare(value: Any) -> list[object]:
        """What each write prepares outside the transaction."""
        asked = value.get("operations")
        parts = asked[:OPERATIONS_MAX] if isinstance(asked, list) else []
        return [await _prepared(writes, each) for each in parts]

    def batch(call: Call, body: Fields, prepared: list[object]) -> dict[str, Any]:
        """Do several writes together, or none of them."""
        asked = _asked(body, writes)
        is_dry = body.flag("dry_run")
        body.check()

        def act() -> list[Any]:
            replies: list[Any] = []
            left = RECORDS_MAX
            for place, each in enumerate(asked):
                replies.append(_one(call, body, writes, place, each, prepared[place]))
                left -= _count(replies[-1])
                if left < 0:
                    # How many a statement of SQL writes is known when it has.
                    raise _of_the_whole(invalid(_too_many("more"), code="too_many_records"), place)
            return replies

        noun = "operation" if len(asked) == 1 else "operations"
        if is_dry:
            message = f"{len(asked)} {noun} would be done; nothing was changed"
            return {"message": message, "dry_run": True, "replies": tried(call, act)}
        replies = act()
        return {"message": f"{len(asked)} of {len(asked)} {noun} done", "dry_run": False, "replies": replies}

    return (
        Operation(
            name="batch",
            handler=batch,
            prepare=prepare,
            writes=True,
            group="Records",
            summary="Do several writes together, or none of them",
        ),
    )


async def _prepared(writes: dict[str, Operation], value: Any) -> object:
    name = value.get("operation") if isinstance(value, dict) else None
    operation = writes.get(name) if isinstance(name, str) else None
    if operation is None or operation.prepare is None:
        return None
    try:
        return await operation.prepare(value)
    except HarborError as error:
        return _Refused(error)


def _asked(body: Fields, writes: dict[str, Operation]) -> list[dict[str, Any]]:
    asked = body.array("operations", required=True, at_least_one="must contain at least 1 item")
    if len(asked) > OPERATIONS_MAX:
        body.refuse(f"'operations' must contain less than or equal to {OPERATIONS_MAX} items", field="operations")
        return []
    records = 0
    for place, each in enumerate(asked):
        label = f"operations[{place}]"
        if not isinstance(each, dict):
            body.refuse(f"'{label}' must be of type object", field=label)
            continue
        name = each.get("operation")
        operation = writes.get(name) if isinstance(name, str) else None
        if operation is None:
            body.refuse(f"'{label}.operation' must be one of [{', '.join(WRITES)}]", field=f"{label}.operation")
        elif operation.lane is not None and operation.lane(each) != "write":
            body.refuse(f"'{label}.sql' must be INSERT, UPDATE or DELETE", field=f"{label}.sql")
        records += sum(len(found) for name in _LISTS if isinstance(found := each.get(name), list))
    if records > RECORDS_MAX:
        body.refuse(_too_many(records), field="operations")
    return asked


def _too_many(records: int | str) -> str:
    return f"A batch writes at most {RECORDS_MAX} records; this one has {records}"


def _count(reply: Any) -> int:
    """How many records a write has written, by its reply."""
    return sum(len(reply.get(name, ())) for name in _DONE)


def _one(
    call: Call, body: Fields, writes: dict[str, Operation], place: int, values: dict[str, Any], prepared: object
) -> Any:
    operation = writes[values["operation"]]
    try:
        permit(user_of(call).rights, operation)
        if isinstance(prepared, _Refused):
            raise prepared.again()
        supply = {"call": call, "body": Fields(values, body.compat), "prepared": prepared}
        return operation.handler(
            **{name: supply[name] for name in inspect.signature(operation.handler).parameters if name in supply}
        )
    except HarborError as error:
        raise _of_the_whole(error, place) from None


def _of_the_whole(error: HarborError, place: int) -> HarborError:
    """The refusal of one write as the batch's: in its own words, with its place."""
    path = at("operations", place)
    body = error.extra.get("body")
    told = body if isinstance(body, dict) else {"error": error.message}
    below(path, error)
    error.extra["body"] = {**told, "operation_index": place, "path": error.field}
    return error
