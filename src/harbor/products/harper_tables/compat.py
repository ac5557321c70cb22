"""The compatibility switch: whose words clients compare with. Source: docs/products/harper.md#compatibility.

`v5` is the default. The switch drives words and a few statuses alone: both spellings of a field are read and printed
whatever it says.
"""

from __future__ import annotations

from enum import StrEnum


class Compat(StrEnum):
    """Which line of Harper the answers sound like."""

    V4 = "v4"
    V5 = "v5"

    @property
    def product(self) -> str:
        """The word for the product in messages."""
        return "HarperDB" if self is Compat.V4 else "Harper"

    def label(self, names: tuple[str, ...]) -> str:
        """How a field is called when the client did not name it: newest name first in `names`, oldest last."""
        return names[-1] if self is Compat.V4 else names[0]
