"""What the demo looked for, what it saw, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

ANY: Final = "any"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the summary. What is expected to be `ANY` cannot fail: it is counted and explained."""

    what: str
    expected: str
    seen: str

    @property
    def holds(self) -> bool:
        """Whether it came as expected."""
        return self.expected in (ANY, self.seen)

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.expected == ANY:
            return "allowed"
        return "ok" if self.holds else "FAILED"


class Findings:
    """The checks in the order in which they were made."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks)

    def add(self, what: str, *, expected: object, seen: object) -> Check:
        """Note what was expected and what was seen."""
        check = Check(what, str(expected), str(seen))
        self._checks.append(check)
        return check

    @property
    def all_hold(self) -> bool:
        """Whether nothing failed, of at least something."""
        return bool(self._checks) and all(check.holds for check in self._checks)

    @property
    def sentence(self) -> str:
        """What to take home."""
        if self.all_hold:
            return "Nothing was lost: every event answered with 201 is stored and was delivered."
        failed = "; ".join(check.what.strip() for check in self._checks if not check.holds)
        return f"Not as promised: {failed}. The server's log may tell why."

    def to_list(self) -> list[dict[str, Any]]:
        """The JSON form."""
        return [{**asdict(check), "what": check.what.strip(), "verdict": check.verdict} for check in self._checks]
