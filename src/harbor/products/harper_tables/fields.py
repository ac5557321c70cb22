"""The fields of a request's body, under both their names, and what is wrong with them.

    fields.text("database", "schema", default="data")
    fields.check()

The names of a field are given newest first; the first that the client sent counts, and is what a sentence calls it. All
faults are collected in the order of the questions and told at once by `check`: `'schema' must be a string. 'table' is
required`. What a faulty field returns until then is its default, so nothing is done before `check`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.refusals import invalid

NAME_LENGTH_MAX = 250
_NAME = re.compile(r"[\x20-\x2e\x30-\x5f\x61-\x7e]*")
_ABSENT = object()
T = TypeVar("T")


class Fields:
    """One body. Values are what the media type brought: dicts, lists, texts, numbers, `Instant`, bytes."""

    __slots__ = ("_faults", "compat", "values")

    def __init__(self, values: Mapping[str, Any], compat: Compat = Compat.V5) -> None:
        self.values = values
        self.compat = compat
        self._faults: list[tuple[str, str]] = []

    def has(self, *names: str) -> bool:
        """Whether the field was sent, and not as null."""
        return self._find(names)[1] is not None

    def raw(self, *names: str) -> Any:
        """The value as it came; None if it was not sent or is null."""
        return self._find(names)[1]

    def label(self, *names: str) -> str:
        """What the field is called: as the client did."""
        return self._find(names)[0]

    def text(self, *names: str, default: str = "", required: bool = False, may_be_empty: bool = False) -> str:
        """A text."""
        label, value = self._needed(names, required)
        if value is None:
            return default
        if not isinstance(value, str):
            return self._fault(label, "must be a string", default)
        if not value and not may_be_empty:
            return self._fault(label, "is not allowed to be empty", default)
        return value

    def name(self, *names: str, default: str = "", required: bool = False) -> str:
        """The name of a database, table or attribute; a number becomes its digits."""
        label, value = self._needed(names, required)
        if value is None:
            return default
        if type(value) in (int, float):
            value = f"{value:g}" if isinstance(value, float) else str(value)
        if not isinstance(value, str):
            return self._fault(label, "must be a string", default)
        if not value:
            return self._fault(label, "is not allowed to be empty", default)
        return value

    def new_name(self, *names: str, default: str = "", required: bool = False) -> str:
        """A name that something is about to get, so it must be one that can be had."""
        found = self.name(*names, default=default, required=required)
        if fault := name_fault(found):
            self._fault(self.label(*names), fault, "")
        return found

    def flag(self, *names: str, default: bool = False) -> bool:
        """A boolean."""
        label, value = self._find(names)
        if value is None:
            return default
        return value if isinstance(value, bool) else self._fault(label, "must be a boolean", default)

    def number(self, *names: str, required: bool = False, at_least: int | None = None) -> int | float | None:
        """A number."""
        label, value = self._needed(names, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._fault(label, "must be a number", None)
        if at_least is not None and value < at_least:
            return self._fault(label, f"must be greater than or equal to {at_least}", None)
        return value

    def count(self, *names: str, at_least: int, default: int | None = None) -> int | None:
        """A whole number; its digits as text count too."""
        label, value = self._find(names)
        if value is None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._fault(label, "must be a number", default)
        if value != int(value):
            return self._fault(label, "must be an integer", default)
        if value < at_least:
            return self._fault(label, f"must be greater than or equal to {at_least}", default)
        return int(value)

    def array(self, *names: str, required: bool = False, at_least_one: str = "") -> list[Any]:
        """An array. `at_least_one` is the sentence for an empty one, where that is a fault."""
        label, value = self._needed(names, required)
        if value is None:
            return []
        if not isinstance(value, list):
            return self._fault(label, "must be an array", [])
        if not value and at_least_one:
            return self._fault(label, at_least_one, [])
        return value

    def choice(self, *names: str, among: tuple[str, ...], default: str, any_case: bool = False) -> str:
        """One of a few words."""
        label, value = self._find(names)
        if value is None:
            return default
        word = value.lower() if any_case and isinstance(value, str) else value
        if word not in among:
            return self._fault(label, f"must be one of [{', '.join(among)}]", default)
        return str(word)

    @property
    def faults(self) -> list[tuple[str, str]]:
        """What was found so far: labels and sentences, for whoever tells them in their own body's."""
        return self._faults

    def refuse(self, sentence: str, *, field: str = "") -> None:
        """Add a fault in its own words."""
        self._faults.append((field, sentence))

    def check(self) -> None:
        """Raise `Invalid` with all sentences, if there are any."""
        if self._faults:
            told = {sentence: field for field, sentence in reversed(self._faults)}
            faults = [
                (told[sentence] or None, sentence) for sentence in dict.fromkeys(each for _, each in self._faults)
            ]
            error = invalid(". ".join(each for _, each in faults), code="invalid_field", field=faults[0][0])
            error.extra["faults"] = faults
            raise error

    def _find(self, names: tuple[str, ...]) -> tuple[str, Any]:
        for name in names:
            value = self.values.get(name, _ABSENT)
            if value is not _ABSENT and value is not None:
                return name, value
        sent = next((name for name in names if name in self.values), None)
        return sent or self.compat.label(names), None

    def _needed(self, names: tuple[str, ...], required: bool) -> tuple[str, Any]:
        label, value = self._find(names)
        if value is None and required:
            self._fault(label, "is required", None)
        return label, value

    def _fault(self, label: str, what: str, default: T) -> T:
        self._faults.append((label, f"'{label}' {what}"))
        return default


def name_fault(name: str) -> str | None:
    """What is wrong with a name, to follow its label; None if it may be had: 1 to 250 printable characters of ASCII."""
    if len(name) > NAME_LENGTH_MAX:
        return f"length must be less than or equal to {NAME_LENGTH_MAX} characters long"
    return None if _NAME.fullmatch(name) else "names cannot include backticks or forward slashes"
