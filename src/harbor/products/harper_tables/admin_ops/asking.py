"""Fields that many operations of administration read alike."""

from __future__ import annotations

import re
from typing import Any

from harbor.products.harper_tables.fields import Fields

PROJECT = re.compile(r"[A-Za-z0-9_-]{1,128}")
TEXT_LENGTH_MAX = 65_536
NAME_LENGTH_MAX = 250


def text(body: Fields, *names: str, required: bool = False, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A text of bounded length."""
    found = body.text(*names, required=required)
    if len(found) > length_max:
        body.refuse(
            f"'{body.label(*names)}' length must be less than or equal to {length_max} characters long",
            field=body.label(*names),
        )
        return ""
    return found


def name(body: Fields, *names: str, required: bool = True) -> str:
    """The name of something that is kept."""
    return text(body, *names, required=required, length_max=NAME_LENGTH_MAX)


def names(body: Fields, *labels: str, required: bool = False) -> list[str]:
    """An array of texts."""
    found = body.array(*labels, required=required)
    if not all(isinstance(each, str) and len(each) <= NAME_LENGTH_MAX for each in found):
        body.refuse(f"'{body.label(*labels)}' must be an array of strings", field=body.label(*labels))
        return []
    return found


def thing(body: Fields, *labels: str, required: bool = False) -> dict[str, Any]:
    """An object."""
    label, value = body.label(*labels), body.raw(*labels)
    if value is None and required:
        body.refuse(f"'{label}' is required", field=label)
    if value is not None and not isinstance(value, dict):
        body.refuse(f"'{label}' must be an object", field=label)
    return value if isinstance(value, dict) else {}


def everywhere(body: Fields, reply: dict[str, Any]) -> dict[str, Any]:
    """The reply with what `replicated` adds: nothing was left to do on other nodes, for there are none."""
    return {**reply, "replicated": []} if body.flag("replicated") else reply
