"""WHERE clauses from bound comparisons; the mandatory ones cannot vanish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self


class Where:
    """`Where(account_id=a).equal(status=s)` prints `WHERE account_id = :account_id AND status = :status`.

    Terms of the constructor are mandatory and refuse None, so that a tenant filter cannot be lost. Terms given to the
    methods are left out when their value is None. `values` is what to bind.
    """

    def __init__(self, **mandatory: object) -> None:
        self.values: dict[str, object] = {}
        self._terms: list[str] = []
        for column, value in mandatory.items():
            if value is None:
                raise ValueError(f"{column} is a mandatory term and has no value")
            self._terms.append(f"{column} = :{column}")
            self.values[column] = value

    def equal(self, **optional: object) -> Self:
        """Add `column = value` for each value that is not None."""
        for column, value in optional.items():
            if value is not None:
                self._add(column, "=", value)
        return self

    def compare(self, column: str, operator: Literal["<", "<=", ">", ">=", "<>"], value: object) -> Self:
        """Add `column operator value` unless the value is None."""
        if value is not None:
            self._add(column, operator, value)
        return self

    def span(self, column: str, since: int | None, until: int | None) -> Self:
        """Add `since <= column < until`; either may be None."""
        return self.compare(column, ">=", since).compare(column, "<", until)

    def after(self, column: str, operator: Literal["<", ">"], value: object) -> Self:
        """Go on after the row whose `column` is `value`: the keyset step of a page."""
        return self.compare(column, operator, value)

    def among(self, column: str, choices: Iterable[object] | None) -> Self:
        """Add `column IN (…)`; None adds nothing, an empty list matches nothing."""
        if choices is None:
            return self
        names = []
        for choice in choices:
            name = f"{column}_{len(self.values)}"
            self.values[name] = choice
            names.append(f":{name}")
        self._terms.append(f"{column} IN ({', '.join(names)})" if names else "1 = 0")
        return self

    def also(self, term: str, **values: object) -> Self:
        """Add a written term with its own bound values."""
        assert not set(values) & set(self.values), (term, values)
        self._terms.append(term)
        self.values.update(values)
        return self

    def _add(self, column: str, operator: str, value: object) -> None:
        name = column.replace(".", "_")
        if name in self.values:
            name = f"{name}_{len(self.values)}"
        self.values[name] = value
        self._terms.append(f"{column} {operator} :{name}")

    def __str__(self) -> str:
        return "WHERE " + " AND ".join(self._terms) if self._terms else ""
