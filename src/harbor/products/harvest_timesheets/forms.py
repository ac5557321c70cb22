"""Bodies that are no JSON: form-encoded and multipart ones, and the nesting that their names stand for.

`line_items[0][kind]`, `line_items[][kind]`, `roles[]`, and the collection's own `line_items[0]kind`, become the value
that JSON would have been. Source: docs/products/harvest.md#requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import parts

FIELDS_MAX = 10_000
_DEPTH_MAX = 8
_INDEX_DIGITS_MAX = 9
_NAME_LENGTH_MAX = 1_000
_STEP = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")


def form(raw: bytes) -> dict[str, Any]:
    """The value of a form-encoded body. Raises `Invalid`."""
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except (ValueError, UnicodeDecodeError):
        raise _unreadable("The body is not form-encoded UTF-8.") from None
    return nested(pairs)


def multipart(raw: bytes, content_type: str) -> dict[str, Any]:
    """The value of a multipart body; its files are `Upload`s. Raises `Invalid`."""
    return nested(parts(raw, content_type))


class _Level(dict[Any, Any]):
    """What stands between two brackets. `last` is its greatest number: looking for it took seconds with 10,000 names."""

    last = -1

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(key, int):
            self.last = max(self.last, key)
        super().__setitem__(key, value)


def nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Names with brackets as lists and objects. A later value replaces an earlier one of the same name.

    A name that is too long or too deep is none that anybody asks for, and is passed over.
    """
    tree = _Level()
    for name, value in pairs:
        if len(name) > _NAME_LENGTH_MAX:
            continue
        steps = [inner if bare == "" else bare for inner, bare in _STEP.findall(name)] if "[" in name else [name]
        if not steps or len(steps) > _DEPTH_MAX:
            continue
        _put(tree, steps, value)
    return {str(name): _settled(value) for name, value in tree.items()}


def _put(node: _Level, steps: list[str], value: object) -> None:
    for index, step in enumerate(steps[:-1]):
        key = _key(node, step, first=index == 0, after=steps[index + 1])
        below = node.get(key)
        if not isinstance(below, _Level):
            below = node[key] = _Level()
        node = below
    node[_key(node, steps[-1], first=len(steps) == 1, after=None)] = value


def _key(node: _Level, step: str, *, first: bool, after: str | None) -> str | int:
    """The key a step stands for. An empty one is the list's last object while that lacks the next name, else a new one."""
    if first or (step and not _is_index(step)):
        return step
    if step:
        return int(step)
    last = node.last
    is_object = after is not None and after != "" and not _is_index(after)
    if last >= 0 and is_object and isinstance(node[last], _Level) and after not in node[last]:
        return last
    return last + 1


def _is_index(step: str) -> bool:
    # `isdigit` alone is true of a raised two, which is no number.
    return step.isascii() and step.isdigit() and len(step) <= _INDEX_DIGITS_MAX


def _settled(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_settled(value[key]) for key in sorted(value)]
    return {str(key): _settled(item) for key, item in value.items()}


def _unreadable(message: str) -> Invalid:
    return Invalid(message, code="invalid_json")
