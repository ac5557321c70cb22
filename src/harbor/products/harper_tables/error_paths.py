"""Where in a body a fault lies, as a JSON path: `$.records[2].title`, `$.records[0]["an odd name"]`.

Paths are ASCII, so that they fit into a header. A refusal's `field` is either such a path or names below the body, with
dots and places between them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from harbor.kernel.errors import HarborError

ROOT = "$"
_PATH_LENGTH_MAX = 1_000
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+|\[\d{1,9}\])*")

T = TypeVar("T")
R = TypeVar("R")


def at(*parts: str | int) -> str:
    """The path of a value: the names and places that lead to it."""
    return ROOT + "".join(map(_part, parts))


def path_of(field: str | None) -> str | None:
    """The path that a refusal's `field` means; None for one that names none."""
    if not field:
        return None
    if field.startswith(ROOT):
        path = field
    elif _NAMES.fullmatch(field):
        path = f"{ROOT}.{field}"
    else:
        path = at(field)
    return path if len(path) <= _PATH_LENGTH_MAX else ROOT


def below(parent: str, error: HarborError) -> HarborError:
    """The refusal of a part of a body, as the whole body's: its paths begin with `parent`."""
    inner = path_of(error.field)
    error.field = parent if inner is None else parent + inner.removeprefix(ROOT)
    error.extra["faults"] = [
        (parent + (path_of(field) or ROOT).removeprefix(ROOT), sentence) for field, sentence in faults_of(error)
    ]
    return error


def faults_of(error: HarborError) -> Sequence[tuple[str | None, str]]:
    """Each fault that a refusal tells, with its field."""
    found = error.extra.get("faults")
    return found if isinstance(found, list) else [(error.field, error.message)]


def each_of(act: Callable[[T], R], values: Sequence[T], *place: str) -> list[R]:
    """`act` of each value; a refusal says which one it was. `place` names the list, and what within its items."""
    try:
        return [act(value) for value in values]
    except HarborError:
        return [_told(act, value, at(place[0], number, *place[1:])) for number, value in enumerate(values)]


def _told(act: Callable[[T], R], value: T, path: str) -> R:
    try:
        return act(value)
    except HarborError as error:
        raise below(path, error) from None


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN.fullmatch(part) else f"[{json.dumps(part)}]"
