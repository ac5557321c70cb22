"""Money is exact, stays in its currency, and is rounded once."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid, Kind
from harbor.kernel.money import (
    SCALED_MAX,
    CurrencyMismatch,
    Money,
    from_scaled,
    minor_units,
    round_half_up,
    scaled,
    total,
)

UNITS = st.integers(-SCALED_MAX, SCALED_MAX)
PLACES = st.integers(0, 6)
DECIMALS = st.builds(lambda units, places: Decimal(f"{units}E-{places}"), st.integers(-(10**18), 10**18), PLACES)
EUROS = DECIMALS.map(lambda amount: Money(amount, "EUR"))


def euros(text: str) -> Money:
    return Money(Decimal(text), "EUR")


@pytest.mark.parametrize(
    ("amount", "places", "rounded"),
    [
        ("0.005", 2, "0.01"),
        ("-0.005", 2, "-0.01"),
        ("0.0049999", 2, "0.00"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("3.5", 0, "4"),
        ("1.005", 2, "1.01"),
        ("1", 2, "1.00"),
        ("-0.004", 2, "0.00"),
        ("1E+3", 2, "1000.00"),
        ("99999999999999999999999999999.995", 2, "100000000000000000000000000000.00"),
    ],
)
def test_half_a_unit_rounds_away_from_zero(amount: str, places: int, rounded: str) -> None:
    assert str(round_half_up(Decimal(amount), places)) == rounded


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1E+999999", "1E+98"])
def test_rounding_refuses_what_is_no_amount(amount: str) -> None:
    with pytest.raises(Invalid):
        round_half_up(Decimal(amount), 2)


@given(DECIMALS, PLACES)
def test_rounding_is_the_nearest_and_repeating_it_changes_nothing(amount: Decimal, places: int) -> None:
    rounded = round_half_up(amount, places)

    assert abs(Fraction(rounded) - Fraction(amount)) * 2 <= Fraction(1, 10**places)
    assert round_half_up(rounded, places) == rounded
    assert round_half_up(-amount, places) == -rounded
    assert rounded.as_tuple().exponent == -places


@given(UNITS, PLACES)
def test_scaling_there_and_back_gives_the_same(units: int, places: int) -> None:
    amount = from_scaled(units, places)

    assert Fraction(amount) == Fraction(units, 10**places)
    assert scaled(amount, places) == units


@given(DECIMALS, PLACES)
def test_scaling_is_exact_or_refused(amount: Decimal, places: int) -> None:
    exact = Fraction(amount) * 10**places

    if exact.denominator == 1 and abs(exact) <= SCALED_MAX:
        assert scaled(amount, places) == exact
    else:
        with pytest.raises(Invalid):
            scaled(amount, places)


@pytest.mark.parametrize(
    ("amount", "places", "units"),
    [("12.34", 2, 1234), ("12.340", 2, 1234), ("12", 2, 1200), ("-0.00", 2, 0), ("1.2E+3", 2, 120000), ("0E+90", 4, 0)],
)
def test_zeros_at_the_end_are_no_extra_places(amount: str, places: int, units: int) -> None:
    assert scaled(Decimal(amount), places) == units


@pytest.mark.parametrize(
    ("amount", "places", "why"),
    [
        ("0.001", 2, "more than 2 decimal places"),
        ("1E-999999", 2, "more than 2 decimal places"),
        ("12345678901234567890.123", 2, "too large"),
        ("92233720368547758.08", 2, "too large"),
        ("1E+999999", 2, "too large"),
        ("NaN", 2, "must be a number"),
        ("sNaN", 2, "must be a number"),
        ("-Infinity", 2, "must be a number"),
    ],
)
def test_what_does_not_fit_its_column_is_refused_by_name(amount: str, places: int, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        scaled(Decimal(amount), places, field="hourly_rate")

    assert refused.value.field == "hourly_rate"
    assert refused.value.message.startswith("hourly_rate ")


@given(EUROS, EUROS, EUROS)
def test_adding_is_exact_in_any_order(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c) == total([c, b, a], "EUR")
    assert a + b - b == a
    assert a - a == euros("0")
    assert a + -a == euros("0")


@given(EUROS, DECIMALS)
def test_multiplying_is_exact(amount: Money, factor: Decimal) -> None:
    assert Fraction((amount * factor).amount) == Fraction(amount.amount) * Fraction(factor)
    assert amount * factor == factor * amount


@given(EUROS, EUROS)
def test_the_callers_decimal_context_does_not_matter(a: Money, b: Money) -> None:
    expected = (a + b, a * b.amount, a.rounded())
    with localcontext() as narrow:
        narrow.prec = 3
        assert (a + b, a * b.amount, a.rounded()) == expected
        assert scaled(from_scaled(123_456, 2), 2) == 123_456


def test_two_currencies_do_not_meet() -> None:
    a, b = euros("1"), Money(Decimal(1), "USD")

    assert a != b
    for combine in (
        lambda: a + b,
        lambda: a - b,
        lambda: a < b,
        lambda: a <= b,
        lambda: a > b,
        lambda: a >= b,
        lambda: total([a, b], "EUR"),
    ):
        with pytest.raises(CurrencyMismatch, match="EUR and USD") as refused:
            combine()
        assert refused.value.kind is Kind.INVALID


def test_amounts_of_one_currency_are_ordered() -> None:
    ascending = [euros("-1"), euros("0"), euros("0.5"), euros("2")]

    assert sorted([ascending[i] for i in (3, 0, 2, 1)]) == ascending
    for smaller, larger in combinations(ascending, 2):
        assert smaller < larger
        assert larger >= smaller
    assert not euros("0.00")
    assert euros("1.0") == euros("1.00")
    assert hash(euros("1.0")) == hash(euros("1.00"))


def test_floats_and_non_numbers_are_bugs() -> None:
    for amount in (1.5, 1, "1", Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(AssertionError):
            Money(amount, "EUR")  # type: ignore[arg-type]
    for currency in ("eur", "EURO", "", "E1R"):
        with pytest.raises(AssertionError):
            Money(Decimal(1), currency)


@pytest.mark.parametrize(
    ("currency", "places", "rounded"),
    [("EUR", 2, "1234.57"), ("JPY", 0, "1235"), ("KWD", 3, "1234.568"), ("CLF", 4, "1234.5679")],
)
def test_rounding_follows_the_currency(currency: str, places: int, rounded: str) -> None:
    assert minor_units(currency) == places
    assert str(Money(Decimal("1234.56789"), currency).rounded().amount) == rounded
    assert str(Money(Decimal("1234.56789"), currency).rounded(1).amount) == "1234.6"
