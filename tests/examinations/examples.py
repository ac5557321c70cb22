"""An example value of a declared type: what its documentation shows, else the smallest that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

Known = Mapping[str, Callable[[], object]]


def body_of(type_: type[Any], known: Known) -> dict[str, Any]:
    """A body with its required fields, and those whose names are `known`, which also say their value."""
    return _struct(inspect.type_info(type_), known)


def _struct(info: inspect.Type, known: Known) -> dict[str, Any]:
    while isinstance(info, inspect.Metadata):
        info = info.type
    assert isinstance(info, inspect.StructType), info
    return {
        field.encode_name: known[field.encode_name]() if field.encode_name in known else _value(field.type, known)
        for field in info.fields
        if field.required or field.encode_name in known
    }


def _value(info: inspect.Type, known: Known) -> Any:
    if isinstance(info, inspect.Metadata):
        examples = (info.extra_json_schema or {}).get("examples")
        return examples[0] if examples else _value(info.type, known)
    if isinstance(info, inspect.UnionType):
        return _value(next(one for one in info.types if not isinstance(one, inspect.NoneType)), known)
    if isinstance(info, inspect.StructType):
        return _struct(info, known)
    if isinstance(info, inspect.LiteralType):
        return info.values[0]
    if isinstance(info, inspect.ListType):
        return [_value(info.item_type, known) for _ in range(max(1, info.min_length or 0))]
    if isinstance(info, inspect.StrType):
        assert info.pattern is None, f"a text with the pattern {info.pattern} needs an example in its Meta"
        return "x" * max(1, info.min_length or 0)
    if isinstance(info, inspect.IntType | inspect.FloatType):
        low = info.ge if info.ge is not None else info.gt + 1 if info.gt is not None else 1
        return int(low) if isinstance(info, inspect.IntType) else float(low)
    if isinstance(info, inspect.BoolType):
        return False
    if isinstance(info, inspect.DictType | inspect.RawType | inspect.AnyType):
        return {"a": 1}
    raise AssertionError(f"no example is known for {msgspec.json.encode(str(info)).decode()}")
