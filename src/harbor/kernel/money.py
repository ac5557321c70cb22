"""Money: an exact amount in one currency, rounded only where a contract says so, kept as a scaled integer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Final

from harbor.kernel.errors import Invalid

PLACES_MAX = 12
# Columns are BIGINT: 64 bits with sign.
SCALED_MAX: Final = (1 << 63) - 1

# Two amounts of 19 digits multiply to 38; Decimal's usual 28 would round them silently. Here what does not fit raises.
_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, Overflow])
_ROUNDING = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow])
_CODE = re.compile(r"[A-Z]{3}")

MINOR_UNITS_USUAL = 2
# Currencies with other than two decimals. Source: ISO 4217, list one.
MINOR_UNITS: Final = {
    code: places
    for places, codes in (
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
    )
    for code in codes.split()
}


class CurrencyMismatch(Invalid):
    """Amounts in two currencies cannot be added or compared; there is no rate here."""

    code_default = "currency_mismatch"


@dataclass(frozen=True, slots=True)
class Money:
    """`amount`, exact, in `currency` (ISO 4217, upper case). Raises `CurrencyMismatch` when two currencies meet."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        assert isinstance(self.amount, Decimal), self.amount  # never float
        assert self.amount.is_finite(), self.amount
        assert _CODE.fullmatch(self.currency), self.currency

    def __add__(self, other: Money) -> Money:
        return Money(_EXACT.add(self.amount, self._amount_of(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(_EXACT.subtract(self.amount, self._amount_of(other)), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        """The exact product; rounding it is a step of its own."""
        return Money(_EXACT.multiply(self.amount, Decimal(factor)), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        return Money(_EXACT.minus(self.amount), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._amount_of(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._amount_of(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._amount_of(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._amount_of(other)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def rounded(self, places: int | None = None) -> Money:
        """Rounded half up to `places`, by default to the currency's minor unit."""
        return Money(
            round_half_up(self.amount, minor_units(self.currency) if places is None else places), self.currency
        )

    def _amount_of(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be combined; use one currency.")
        return other.amount


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The exact sum of `amounts`; nothing in `currency` if there are none."""
    result = Money(Decimal(0), currency)
    for amount in amounts:
        result = result + amount
    return result


def minor_units(currency: str) -> int:
    """How many decimals the currency is counted in: 2 for EUR, 0 for JPY, 3 for KWD. Source: ISO 4217."""
    return MINOR_UNITS.get(currency, MINOR_UNITS_USUAL)


def round_half_up(amount: Decimal, places: int) -> Decimal:
    """`amount` with exactly `places` decimals; half a unit rounds away from zero, and zero has no sign.

    Raises `Invalid` if it is not a number or has more than 100 digits.
    """
    assert 0 <= places <= PLACES_MAX, places
    if not amount.is_finite():
        raise Invalid("An amount must be a number.")
    try:
        rounded = amount.quantize(_ROUNDING.scaleb(Decimal(1), -places), context=_ROUNDING)
    except InvalidOperation:
        raise Invalid("An amount is too large.") from None
    return _ROUNDING.add(rounded, Decimal(0))  # -0.00 becomes 0.00


def scaled(amount: Decimal, places: int, *, field: str | None = None) -> int:
    """`amount` as a whole number of 10^-places units, as columns keep it (`amount_e2`: places=2).

    Raises `Invalid` naming `field` if the amount has more places, is not a number, or does not fit 64 bits: input is
    never rounded silently.
    """
    assert 0 <= places <= PLACES_MAX, places
    if not amount.is_finite():
        raise Invalid(f"{field or 'amount'} must be a number.", field=field)
    # adjusted() is the power of ten of the first digit; asked first, since 1E+999999 would be a very long integer.
    if amount and amount.adjusted() + places > len(str(SCALED_MAX)):
        raise Invalid(f"{field or 'amount'} is too large.", field=field)
    try:
        units = int(_EXACT.quantize(_EXACT.scaleb(amount, places), Decimal(1)))
    except (Inexact, InvalidOperation):
        raise Invalid(f"{field or 'amount'} has more than {places} decimal places.", field=field) from None
    if abs(units) > SCALED_MAX:
        raise Invalid(f"{field or 'amount'} is too large.", field=field)
    return units


def from_scaled(units: int, places: int) -> Decimal:
    """The amount kept as `units` of 10^-places, with exactly `places` decimals."""
    assert 0 <= places <= PLACES_MAX, places
    return Decimal(units).scaleb(-places, context=_EXACT)
