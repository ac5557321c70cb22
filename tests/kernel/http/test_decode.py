"""Bodies become declared types, and each refusal names the place and says what would be right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.http import decode
from harbor.kernel.http.decode import Body, Fault, OpenBody, Query


class Line(Body):
    """One line of an order."""

    sku: str
    count: Annotated[int, msgspec.Meta(ge=1)] = 1


class Order(Body):
    """An order."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    lines: list[Line] = msgspec.field(default_factory=list)
    status: Literal["open", "closed"] = "open"
    due_at: datetime | None = None
    notes: dict[str, str] = msgspec.field(default_factory=dict)
    is_gift: bool = False
    weight: float | None = None


class Loose(OpenBody):
    """What is not known is ignored."""

    name: str


class Wanted(Query):
    """What may be asked for."""

    status: Literal["open", "closed"] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    types: list[str] = msgspec.field(name="type", default_factory=list)
    since: datetime | None = None


def refused(raw: bytes, type_: type[Any] = Order) -> tuple[str | None, str]:
    """Field and message of a refusal."""
    with pytest.raises(Invalid) as caught:
        decode.body(raw, type_)
    return caught.value.field, caught.value.message


def test_a_body_becomes_its_type() -> None:
    order = decode.body(b'{"name":"a","lines":[{"sku":"x"}],"due_at":"2026-05-25T12:00:00Z","weight":2}', Order)

    assert order == Order(
        name="a", lines=[Line(sku="x", count=1)], due_at=datetime(2026, 5, 25, 12, tzinfo=UTC), weight=2.0
    )


@pytest.mark.parametrize(
    ("raw", "field", "message"),
    [
        (b"{}", "name", "name is required."),
        (b'{"name":1}', "name", "name must be a string, not an integer."),
        (b'{"name":null}', "name", "name must be a string, not null."),
        (b'{"name":"a","lines":{}}', "lines", "lines must be an array, not an object."),
        (b'{"name":"a","lines":[{}]}', "lines.0.sku", "lines.0.sku is required."),
        (
            b'{"name":"a","lines":[{"sku":"x"},{"sku":"y","count":"2"}]}',
            "lines.1.count",
            "lines.1.count must be an integer, not a string.",
        ),
        (
            b'{"name":"a","lines":[{"sku":"x","colour":"red"}]}',
            "lines.0.colour",
            "lines.0.colour is not a known field.",
        ),
        (b'{"name":"a","colour":"red"}', "colour", "colour is not a known field."),
        (b'{"name":"a","is_gift":"yes"}', "is_gift", "is_gift must be true or false, not a string."),
        (b'{"name":"a","due_at":17}', "due_at", "due_at must be an ISO 8601 moment or null, not an integer."),
        (b'{"name":"a","weight":"2"}', "weight", "weight must be a number or null, not a string."),
        (b"[]", None, "The body must be an object, not an array."),
        (b'"a"', None, "The body must be an object, not a string."),
        (b"null", None, "The body must be an object, not null."),
    ],
)
def test_a_fault_names_the_dotted_path_and_says_what_would_be_right(
    raw: bytes, field: str | None, message: str
) -> None:
    assert refused(raw) == (field, message)


@pytest.mark.parametrize(
    ("raw", "field", "part"),
    [
        (b'{"name":""}', "name", "must have at least 1 character."),
        (b'{"name":"too long"}', "name", "must have at most 5 characters."),
        (b'{"name":"a","lines":[{"sku":"x","count":0}]}', "lines.0.count", "must be 1 or more."),
        (b'{"name":"a","status":"gone"}', "status", "gone"),
        (b'{"name":"a","due_at":"tomorrow"}', "due_at", "RFC3339"),
        (b'{"name":"a","notes":{"x":1}}', "notes.*", "a string"),
    ],
)
def test_a_value_out_of_bounds_says_which_bounds(raw: bytes, field: str, part: str) -> None:
    found, message = refused(raw)

    assert found == field
    assert message.startswith(field)
    assert message.endswith(".")
    assert part in message


def test_an_open_body_ignores_what_it_does_not_know() -> None:
    assert decode.body(b'{"name":"a","more":[1]}', Loose) == Loose(name="a")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="`"), max_size=200))
def test_any_unknown_name_is_refused_by_that_name(name: str) -> None:
    raw = msgspec.json.encode({"sku": "x", f"_{name}": 1})

    field, message = refused(raw, Line)

    assert field == f"_{name}"[:100]
    assert message == f"{field} is not a known field."


def test_a_field_without_a_name_has_a_place_too() -> None:
    assert refused(b'{"sku":"x","":1}', Line) == ('""', '"" is not a known field.')
    assert decode.faults({"sku": "x", "": 1}, Line) == [Fault('""', '"" is not a known field.')]


# Queries


def query(*pairs: tuple[str, str], elsewhere: frozenset[str] = frozenset(), refuse: bool = True) -> Wanted:
    return decode.query(pairs, Wanted, known_elsewhere=elsewhere, refuse_unknown=refuse)


def query_refused(*pairs: tuple[str, str], **more: Any) -> tuple[str | None, str]:
    with pytest.raises(Invalid) as caught:
        query(*pairs, **more)
    return caught.value.field, caught.value.message


def test_query_text_becomes_numbers_moments_and_lists() -> None:
    found = query(("limit", "7"), ("type", "a"), ("type", "b"), ("since", "2026-05-25T12:00:00Z"), ("status", "open"))

    assert found == Wanted(limit=7, types=["a", "b"], since=datetime(2026, 5, 25, 12, tzinfo=UTC), status="open")
    assert query() == Wanted()


def test_an_unknown_parameter_is_named_with_those_that_are_known() -> None:
    assert query_refused(("colour", "red"), elsewhere=frozenset({"starting_after"})) == (
        "colour",
        "colour is not a parameter of this request; it takes limit, since, starting_after, status, type.",
    )


def test_where_none_are_known_that_is_said() -> None:
    with pytest.raises(Invalid, match=r"^x is not a parameter of this request; it takes none\.$"):
        decode.query([("x", "1")], Query, known_elsewhere=frozenset())


def test_a_long_unknown_name_is_cut() -> None:
    field, _ = query_refused(("x" * 5_000, "1"))

    assert field == "x" * 100


def test_parameters_known_elsewhere_or_ignored_by_the_dialect_pass() -> None:
    assert query(("starting_after", "x"), elsewhere=frozenset({"starting_after"})) == Wanted()
    assert query(("colour", "red"), refuse=False) == Wanted()


@pytest.mark.parametrize(
    ("pairs", "field", "part"),
    [
        ([("limit", "1"), ("limit", "2")], "limit", "given twice"),
        ([("limit", "0")], "limit", "must be 1 or more."),
        ([("limit", "101")], "limit", "must be 100 or less."),
        ([("limit", "ten")], "limit", "an integer"),
        ([("limit", "")], "limit", "an integer"),
        ([("status", "gone")], "status", "gone"),
        ([("since", "yesterday")], "since", "RFC3339"),
    ],
)
def test_a_malformed_parameter_is_refused_by_name(pairs: list[tuple[str, str]], field: str, part: str) -> None:
    found, message = query_refused(*pairs)

    assert found == field
    assert part in message


# All faults at once


def test_all_faults_are_found_in_the_order_of_the_fields() -> None:
    value = {"lines": [{"sku": "x"}, {"sku": 1}], "status": "gone", "colour": "red"}

    found = decode.faults(value, Order)

    assert [fault.path for fault in found] == ["name", "lines.1.sku", "status", "colour"]
    assert found[0] == Fault("name", "name is required.")
    assert found[1].message == "lines.1.sku must be a string, not an integer."
    assert found[3] == Fault("colour", "colour is not a known field.")


def test_a_good_value_has_no_faults_and_an_open_body_no_unknown_fields() -> None:
    assert decode.faults({"name": "a"}, Order) == []
    assert decode.faults({"name": "a", "more": 1}, Loose) == []


@pytest.mark.parametrize(
    ("value", "word"),
    [([], "an array"), ("a", "a string"), (1, "an integer"), (1.5, "a number"), (True, "a boolean"), (None, "null")],
)
def test_what_is_no_object_is_one_fault(value: object, word: str) -> None:
    assert decode.faults(value, Order) == [Fault("", f"The body must be an object, not {word}.")]


@pytest.mark.parametrize(
    ("type_", "value", "sentence"),
    [
        (Annotated[list[int], msgspec.Meta(max_length=2)], [1, 2, 3], "field must have at most 2 items."),
        (Annotated[dict[str, int], msgspec.Meta(min_length=1)], {}, "field must have at least 1 field."),
        (Annotated[str, msgspec.Meta(pattern="^a+$")], "b", "field must have the form ^a+$."),
        (Literal["asc", "desc"], "up", "field cannot be 'up'."),
    ],
)
def test_no_sentence_speaks_of_the_types_of_a_program(type_: Any, value: object, sentence: str) -> None:
    body = msgspec.defstruct("Asked", [("field", type_)])

    assert decode.faults({"field": value}, body) == [Fault("field", sentence)]
