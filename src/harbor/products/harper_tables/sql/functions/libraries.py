"""Libraries that few statements need and that take much to load: they are loaded when a statement names their functions.

Loading reads files, so it happens before the transaction: `load` is called by whoever reads a statement.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

_OF_NAMES = (
    (re.compile(r"\bsearch_json\b", re.IGNORECASE), ("jsonata",)),
    (re.compile(r"\bgeo(?:contains|crosses|difference)\b", re.IGNORECASE), ("shapely", "shapely.geometry")),
)
_loaded: dict[str, Any] = {}


def wanted(text: str) -> list[str]:
    """The libraries that a statement needs and that are not loaded yet."""
    named = [name for pattern, names in _OF_NAMES if pattern.search(text) for name in names]
    return [name for name in named if name not in _loaded]


def load(names: list[str]) -> None:
    """Load libraries. Takes up to a second, so it belongs on a thread."""
    depth = sys.getrecursionlimit()
    for name in names:
        _loaded[name] = importlib.import_module(name)
    # One of them lets the whole process recurse ten times as deep, where the stack may end before the limit is reached.
    sys.setrecursionlimit(depth)


def library(name: str) -> Any:
    """A library that is loaded."""
    return _loaded[name]
