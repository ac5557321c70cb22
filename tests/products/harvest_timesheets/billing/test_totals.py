"""The arithmetic of lines and totals, without storage."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.bills.lines import applied
from harbor.products.harvest_timesheets.bills.model import Line, LineChange, check_number, number_value
from harbor.products.harvest_timesheets.bills.rules import (
    AMOUNT_E2_MAX,
    Charges,
    divided,
    line_amount_e2,
    totals,
)

CATEGORIES = {"service": "Service", "product": "Product"}
amounts = st.integers(-(10**9), 10**9)
percents = st.none() | st.integers(0, 100 * 10**4)


def line(amount_e2: int, *, taxed: bool = True, taxed2: bool = True, id_: int = 0) -> Line:
    """A line of one piece."""
    return Line(
        id=id_,
        category="Service",
        quantity_e4=10_000,
        unit_price_e4=amount_e2 * 100,
        amount_e2=amount_e2,
        taxed=taxed,
        taxed2=taxed2,
    )


lines = st.lists(st.builds(line, amounts, taxed=st.booleans(), taxed2=st.booleans()), max_size=12)
charges = st.builds(Charges, tax_e4=percents, tax2_e4=percents, discount_e4=percents, is_compound=st.booleans())

# Lines, tax, second tax, discount; then discount, tax, second tax and amount as they are published.
PUBLISHED = [
    ([20000, 10000], 5_0000, 2_0000, 10_0000, (3000, 1350, 540, 28890)),
    ([1000000], 5_0000, 2_0000, 10_0000, (100000, 45000, 18000, 963000)),
    ([1000000], 5_0000, 2_0000, None, (0, 50000, 20000, 1070000)),
    ([500000], None, None, None, (0, 0, 0, 500000)),
    ([20000, 13335], None, None, None, (0, 0, 0, 33335)),
    ([8010], None, None, 4_0000, (320, 0, 0, 7690)),
]


@pytest.mark.parametrize(("amounts_e2", "tax", "tax2", "discount", "expected"), PUBLISHED)
def test_published_samples_come_out_to_the_cent(
    amounts_e2: list[int], tax: int | None, tax2: int | None, discount: int | None, expected: tuple[int, ...]
) -> None:
    found = totals([line(each) for each in amounts_e2], Charges(tax_e4=tax, tax2_e4=tax2, discount_e4=discount))

    assert (found.discount_e2, found.tax_e2, found.tax2_e2, found.amount_e2) == expected


def test_a_tax_is_on_the_lines_that_bear_it() -> None:
    found = totals([line(2000000, taxed2=False), line(500, taxed=False)], Charges(tax_e4=5_0000, tax2_e4=10_0000))

    assert (found.tax_e2, found.tax2_e2) == (100000, 50)


def test_a_compound_tax_is_also_on_the_first_where_a_line_bears_both() -> None:
    both, second_alone = line(10000), line(10000, taxed=False)

    found = totals([both, second_alone], Charges(tax_e4=10_0000, tax2_e4=10_0000, is_compound=True))

    assert (found.tax_e2, found.tax2_e2) == (1000, 1100 + 1000)


@given(lines, charges)
def test_the_parts_add_up_to_the_amount(found: list[Line], asked: Charges) -> None:
    made = totals(found, asked)

    assert made.subtotal_e2 == sum(each.amount_e2 for each in found)
    assert made.amount_e2 == made.subtotal_e2 - made.discount_e2 + made.tax_e2 + made.tax2_e2


@given(lines, charges)
def test_totals_are_those_of_decimal_arithmetic(found: list[Line], asked: Charges) -> None:
    made = totals(found, asked)

    assert (made.discount_e2, made.tax_e2, made.tax2_e2) == _in_decimals(found, asked)


@given(lines, charges)
def test_a_credit_is_the_mirror_of_a_charge(found: list[Line], asked: Charges) -> None:
    mirrored = [line(-each.amount_e2, taxed=each.taxed, taxed2=each.taxed2) for each in found]

    assert totals(mirrored, asked).amount_e2 == -totals(found, asked).amount_e2


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_half_goes_away_from_zero(units: int, by: int) -> None:
    with localcontext(prec=80):
        expected = int((Decimal(units) / by).quantize(Decimal(1), ROUND_HALF_UP))

    assert divided(units, by) == expected


@pytest.mark.parametrize(
    ("quantity_e4", "unit_price_e4", "amount_e2"),
    [(10_000, 33_3333, 3333), (15_000, 33_3300, 5000), (-10_000, 50, -1), (10_000, 49, 0), (0, 10**9, 0)],
)
def test_a_line_is_quantity_times_price(quantity_e4: int, unit_price_e4: int, amount_e2: int) -> None:
    assert line_amount_e2(quantity_e4, unit_price_e4) == amount_e2


def test_a_line_has_a_bound() -> None:
    assert line_amount_e2(10_000, AMOUNT_E2_MAX * 100) == AMOUNT_E2_MAX
    with pytest.raises(Invalid, match="too much"):
        line_amount_e2(10_000, AMOUNT_E2_MAX * 100 + 100)


def test_the_largest_bill_fits_its_columns() -> None:
    found = totals([line(AMOUNT_E2_MAX)] * 10_000, Charges(tax_e4=100_0000, tax2_e4=100_0000, is_compound=True))

    assert found.amount_e2 < 1 << 63


# Lines as they are changed


def test_lines_that_are_not_named_stay_and_new_ones_come_last() -> None:
    before = [line(100, id_=1), line(200, id_=2), line(300, id_=3)]
    changes = [
        LineChange(facts={"category": "PRODUCT", "unit_price_e4": 50_0000}),
        LineChange(id=1, facts={"quantity_e4": 30_000}),
        LineChange(id=2, is_removal=True),
    ]

    after = applied(before, changes, CATEGORIES)

    assert [(each.id, each.category, each.amount_e2) for each in after] == [
        (1, "Service", 300),
        (3, "Service", 300),
        (0, "Product", 5000),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (LineChange(id=9, facts={}), "Line items include 9, which can't be found"),
        (LineChange(id=9, is_removal=True), "Line items include 9, which can't be found"),
        (LineChange(facts={"unit_price_e4": 1}), "Kind can't be blank"),
        (LineChange(facts={"category": " ", "unit_price_e4": 1}), "Kind can't be blank"),
        (LineChange(facts={"category": "Service"}), "Unit price can't be blank"),
        (LineChange(facts={"category": "Hosting", "unit_price_e4": 1}), "Kind can't be found"),
        (LineChange(id=1, facts={"category": "Hosting"}), "Kind can't be found"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: LineChange, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        applied([line(100, id_=1)], [change], CATEGORIES)

    assert refused.value.message == message


def test_a_line_keeps_a_category_that_is_gone() -> None:
    (after,) = applied([line(100, id_=1)], [LineChange(id=1, facts={"taxed": False})], {})

    assert (after.category, after.taxed) == ("Service", False)


def test_numbers_that_are_digits_have_a_value() -> None:
    assert [number_value(each) for each in ("1001", "007", "A-1", "", "1.5", "١")] == [1001, 7, None, None, None, None]
    with pytest.raises(Invalid, match="one line"):
        check_number("1\n2")


def _in_decimals(found: Sequence[Line], asked: Charges) -> tuple[int, int, int]:
    """The formulas of the contract, literally."""
    with localcontext(prec=80):
        tax, tax2, discount = (Decimal(each or 0) / 10_000 for each in (asked.tax_e4, asked.tax2_e4, asked.discount_e4))
        kept = 1 - discount / 100

        def cents(of: list[Line]) -> Decimal:
            return Decimal(sum(each.amount_e2 for each in of))

        base2 = cents([each for each in found if each.taxed2]) * kept
        if asked.is_compound:
            base2 += cents([each for each in found if each.taxed and each.taxed2]) * kept * tax / 100
        exact = (
            cents(list(found)) * discount / 100,
            cents([each for each in found if each.taxed]) * kept * tax / 100,
            base2 * tax2 / 100,
        )
        discount_e2, tax_e2, tax2_e2 = (int(each.quantize(Decimal(1), ROUND_HALF_UP)) for each in exact)
    return discount_e2, tax_e2, tax2_e2
