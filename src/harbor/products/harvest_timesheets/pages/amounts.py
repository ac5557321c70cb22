"""Amounts as people type and read them: `12.50`, `12,50`, `1,234.50`, by the company's separators where they tell."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.company.model import Company

_DIGITS_MAX: Final = 20
_PLAIN: Final = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
_BLANKS: Final = str.maketrans("", "", "\u0020\u00a0\u202f\u2009'\u2019")


def read(text: str, company: Company, *, field: str) -> Decimal | None:
    """The amount, or None for an empty field. Raises `Invalid`.

    Of two separators the last one begins the fraction. One alone does so too, unless it is the company's mark of thousands
    and stands before three digits.
    """
    plain = text.strip().translate(_BLANKS)
    if not plain:
        return None
    last = max(plain.rfind("."), plain.rfind(","))
    if last >= 0:
        mark, other = plain[last], "," if plain[last] == "." else "."
        is_of_thousands = (
            plain.count(mark) > 1
            or (other not in plain and mark == company.thousands_separator and mark != company.decimal_symbol)
        ) and len(plain) - last == 4
        plain = plain.replace(other, "")
        plain = plain.replace(mark, "" if is_of_thousands else ".")
    if len(plain) <= _DIGITS_MAX and _PLAIN.fullmatch(plain):
        return Decimal(plain)
    raise Invalid(
        f"{field.replace('_', ' ').capitalize()} is an amount such as 12.50, not {text.strip()[:20]}.", field=field
    )


def word(units: int, places: int, company: Company) -> str:
    """What `read` reads: an amount without marks of thousands, with at least two places and as many as it has."""
    whole, part = divmod(units, 10**places)
    digits = f"{part:0{places}}".rstrip("0")
    return f"{whole}{company.decimal_symbol}{digits:0<2}"


def number(units: int, places: int, company: Company) -> str:
    """A number without the places that are nothing: `12`, `12.5`."""
    whole, part = divmod(units, 10**places)
    digits = f"{part:0{places}}".rstrip("0")
    return f"{whole}{company.decimal_symbol}{digits}" if digits else str(whole)
