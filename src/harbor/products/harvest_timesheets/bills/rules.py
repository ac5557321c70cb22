"""The arithmetic of lines and totals: whole numbers of hundredths, exact until the one rounding that the contract names.

Half a cent goes away from zero. Discount and taxes are percentages of the sums of lines, each rounded once; so the parts
that are shown always add up to the amount that is shown. Source: docs/products/harvest.md#totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.sentences import problem

AMOUNT_E2_MAX: Final = 10**13  # of a line; ten thousand of them, twice taxed, still fit 64 bits
PERCENT_E4_MAX: Final = 100 * 10**4
_WHOLE_E6: Final = 10**6  # a percentage with four places is so many parts of the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """Percentages with four places; None is none. With `is_compound` the second tax is also on the first."""

    tax_e4: int | None = None
    tax2_e4: int | None = None
    discount_e4: int | None = None
    is_compound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What lines come to, in hundredths. `amount_e2` is what is to be paid."""

    subtotal_e2: int
    discount_e2: int
    tax_e2: int
    tax2_e2: int

    @property
    def amount_e2(self) -> int:
        """The sum of the parts."""
        return self.subtotal_e2 - self.discount_e2 + self.tax_e2 + self.tax2_e2


def divided(units: int, by: int) -> int:
    """The quotient rounded to the nearest whole; half goes away from zero."""
    assert by > 0, by
    magnitude = (2 * abs(units) + by) // (2 * by)
    return -magnitude if units < 0 else magnitude


def line_amount_e2(quantity_e4: int, unit_price_e4: int) -> int:
    """Quantity times price. Raises `Invalid` for more than a line can hold."""
    amount_e2 = divided(quantity_e4 * unit_price_e4, 10**6)
    if abs(amount_e2) > AMOUNT_E2_MAX:
        raise problem("line_items", "amount to too much")
    return amount_e2


def totals(lines: Iterable[Line], charges: Charges) -> Totals:
    """What lines come to with a discount and taxes. A tax is on the lines that bear it, after the discount."""
    subtotal_e2 = taxed_e2 = taxed2_e2 = taxed_twice_e2 = 0
    for line in lines:
        subtotal_e2 += line.amount_e2
        taxed_e2 += line.amount_e2 if line.taxed else 0
        taxed2_e2 += line.amount_e2 if line.taxed2 else 0
        taxed_twice_e2 += line.amount_e2 if line.taxed and line.taxed2 else 0
    discount, tax, tax2 = charges.discount_e4 or 0, charges.tax_e4 or 0, charges.tax2_e4 or 0
    kept = _WHOLE_E6 - discount
    below2 = taxed2_e2 * _WHOLE_E6 + (taxed_twice_e2 * tax if charges.is_compound else 0)
    return Totals(
        subtotal_e2=subtotal_e2,
        discount_e2=divided(subtotal_e2 * discount, _WHOLE_E6),
        tax_e2=divided(taxed_e2 * kept * tax, _WHOLE_E6**2),
        tax2_e2=divided(below2 * kept * tax2, _WHOLE_E6**3),
    )
