"""Telling what was done: one event of the log and one row of the audit, with the thing before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

import msgspec

from harbor.kernel.call import Call


def tell(
    call: Call,
    type_: str,
    id_: int | str,
    *,
    before: Any = None,
    after: Any = None,
    **data: object,
) -> None:
    """Emit `harvest.` and `type_` (a thing and a past tense) about the thing `id_`. `data` is what the event says besides the id.

    `data` carries ids, states and amounts, never a person's content. `before` and `after` are models; the audit keeps
    all of an object that came or went, and of a changed one what differs.
    """
    was, becomes = _facts(before), _facts(after)
    if was is not None and becomes is not None:
        changed = {name for name in becomes if was.get(name) != becomes[name]} - {"updated_at"}
        was = {name: value for name, value in was.items() if name in changed}
        becomes = {name: value for name, value in becomes.items() if name in changed}
    noun = type_.partition(".")[0]
    call.emit(
        f"harvest.{type_}",
        subject=f"{noun}/{id_}",
        data={"id": id_, **data},
        before=was,
        after=becomes,
    )


def _facts(thing: Any) -> Mapping[str, Any] | None:
    if thing is None or isinstance(thing, Mapping):
        return thing
    names = _names(cast(Any, type(thing)))
    return {name: _plain(getattr(thing, name)) for name in names}


@lru_cache(maxsize=100)
def _names(model: type[Any]) -> tuple[str, ...]:
    names = model.__struct_fields__ if issubclass(model, msgspec.Struct) else [each.name for each in fields(model)]
    return tuple(name for name in names if name != "account_id")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    if is_dataclass(value) or isinstance(value, msgspec.Struct):
        return _facts(value)
    return value
