"""What a payload filter accepts, refuses and means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.webhooks import predicate

HUGE = 10**40

# filter, payloads that satisfy it, payloads that do not
MEANINGS: list[tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = [
    ({}, [{}, {"a": 1}], []),
    # equality
    ({"a": 1}, [{"a": 1}, {"a": 1.0}, {"a": 1, "b": 2}], [{}, {"a": 2}, {"a": "1"}, {"a": True}, {"a": [1]}]),
    ({"a": 1.5}, [{"a": 1.5}], [{"a": 1}]),
    ({"a": True}, [{"a": True}], [{"a": 1}, {"a": False}, {"a": "true"}]),
    ({"a": 0}, [{"a": 0}, {"a": -0.0}], [{"a": False}, {"a": None}, {"a": ""}]),
    ({"a": None}, [{"a": None}], [{}, {"a": 0}, {"a": False}]),
    ({"a": "x"}, [{"a": "x"}], [{"a": "X"}, {"a": "xx"}, {"a": ["x"]}]),
    ({"a": "é"}, [{"a": "é"}], [{"a": "e\u0301"}]),
    ({"a": HUGE + 1}, [{"a": HUGE + 1}], [{"a": HUGE}, {"a": 1e40}]),
    ({"a": [1, {"b": None}]}, [{"a": [1.0, {"b": None}]}], [{"a": [1]}, {"a": [{"b": None}, 1]}, {"a": [True, {}]}]),
    ({"a": [{"b": 1}]}, [{"a": [{"b": 1}]}], [{"a": [{"b": 1, "c": 2}]}, {"a": [{"b": True}]}, {"a": [{"c": 1}]}]),
    ({"a": []}, [{"a": []}], [{"a": [1]}, {"a": {}}, {}]),
    ({"a": 1, "b": 2}, [{"a": 1, "b": 2}], [{"a": 1}, {"b": 2}, {"a": 2, "b": 2}]),
    # nested objects
    ({"a": {"b": {"c": 1}}}, [{"a": {"b": {"c": 1, "d": 2}, "e": 3}}], [{}, {"a": 1}, {"a": {"b": [{"c": 1}]}}]),
    ({"a.b": 1}, [{"a.b": 1}], [{"a": {"b": 1}}]),
    ({"": 1}, [{"": 1}], [{}]),
    # one of, not one of
    ({"a": {"$in": [1, "x", None, [1]]}}, [{"a": 1.0}, {"a": "x"}, {"a": None}, {"a": [1]}], [{}, {"a": True}]),
    ({"a": {"$in": [True, {"b": 1}]}}, [{"a": True}, {"a": {"b": 1.0}}], [{"a": 1}, {"a": {"b": 1, "c": 2}}]),
    ({"a": {"$in": [HUGE]}}, [{"a": HUGE}], [{"a": HUGE + 1}]),
    ({"a": {"$nin": [1, None]}}, [{}, {"a": 2}, {"a": True}], [{"a": 1}, {"a": None}]),
    ({"a": {"$ne": 1}}, [{}, {"a": 2}, {"a": True}, {"a": None}], [{"a": 1}, {"a": 1.0}]),
    ({"a": {"$ne": None}}, [{}, {"a": 0}], [{"a": None}]),
    ({"a": {"$ne": {"b": 1}}}, [{}, {"a": {"b": 1, "c": 2}}], [{"a": {"b": 1}}]),
    ({"a": {"b": {"$ne": 1}}}, [{}, {"a": 5}, {"a": {}}, {"a": {"b": 2}}], [{"a": {"b": 1}}]),
    # order
    ({"a": {"$gt": 1}}, [{"a": 1.5}, {"a": HUGE}], [{}, {"a": 1}, {"a": "2"}, {"a": True}, {"a": None}, {"a": [2]}]),
    ({"a": {"$gte": 1}}, [{"a": 1}, {"a": 1.0}], [{"a": 0.5}, {"a": True}]),
    ({"a": {"$lt": HUGE + 1}}, [{"a": HUGE}, {"a": -1.5}], [{"a": HUGE + 1}, {"a": False}]),
    ({"a": {"$lte": 2.5}}, [{"a": 2}, {"a": 2.5}], [{"a": 3}]),
    ({"a": {"$gt": "b"}}, [{"a": "ba"}, {"a": "c"}, {"a": "é"}], [{"a": "b"}, {"a": "B"}, {"a": 3}, {}]),
    ({"a": {"$gte": 1, "$lt": 3}}, [{"a": 1}, {"a": 2}], [{"a": 0}, {"a": 3}]),
    # presence
    ({"a": {"$exists": True}}, [{"a": None}, {"a": 0}], [{}]),
    ({"a": {"$exists": False}}, [{}, {"b": 1}], [{"a": None}]),
    ({"a": {"b": {"$exists": False}}}, [{}, {"a": 1}, {"a": {}}], [{"a": {"b": None}}]),
    # texts and arrays
    ({"a": {"$prefix": "ab"}}, [{"a": "ab"}, {"a": "abc"}], [{"a": "b"}, {"a": ["ab"]}, {}, {"a": 1}]),
    ({"a": {"$suffix": "bc"}}, [{"a": "abc"}], [{"a": "abcd"}, {"a": None}]),
    ({"a": {"$contains": "b"}}, [{"a": "abc"}, {"a": ["a", "b"]}], [{"a": ["abc"]}, {"a": "B"}, {}, {"a": {"b": 1}}]),
    ({"a": {"$contains": 1}}, [{"a": [0, 1.0]}], [{"a": [True]}, {"a": "1"}, {"a": 1}]),
    ({"a": {"$contains": {"b": [1]}}}, [{"a": [{"b": [1]}]}], [{"a": [{"b": [1], "c": 0}]}]),
    # connectives
    ({"$or": [{"a": 1}, {"b": 1}]}, [{"a": 1}, {"b": 1}], [{}, {"a": 2}]),
    ({"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}]}, [{"a": 2}], [{"a": 1}, {"a": 3}]),
    ({"$not": {"a": 1, "b": 1}}, [{}, {"a": 1}, {"b": 1}], [{"a": 1, "b": 1}]),
    ({"a": {"$not": {"$gt": 1}}}, [{}, {"a": 1}, {"a": "2"}], [{"a": 2}]),
    ({"a": {"$not": 1}}, [{}, {"a": 2}], [{"a": 1}]),
    ({"a": {"$or": [{"$lt": 1}, {"$gt": 5}, None]}}, [{"a": 0}, {"a": 6}, {"a": None}], [{}, {"a": 3}]),
    ({"a": {"b": 1, "$exists": True}}, [{"a": {"b": 1}}], [{"a": {}}, {}]),
    ({"a": 1, "$or": [{"b": 1}, {"$not": {"c": 1}}]}, [{"a": 1, "b": 1, "c": 1}, {"a": 1}], [{}, {"a": 1, "c": 1}]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "satisfied", "unsatisfied"), MEANINGS, ids=[repr(row[0])[:60] for row in MEANINGS])
def test_a_filter_means(
    source: dict[str, Any], satisfied: list[dict[str, Any]], unsatisfied: list[dict[str, Any]]
) -> None:
    wanted = predicate.parse(source)

    assert [payload for payload in satisfied if not wanted.holds(payload)] == []
    assert [payload for payload in unsatisfied if wanted.holds(payload)] == []


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (None, "filter"),
        ([], "filter"),
        ("x", "filter"),
        ({"$gt": 1}, "filter.$gt"),
        ({"$exists": True}, "filter.$exists"),
        ({"$or": [{"$in": [1]}]}, "filter.$or.0.$in"),
        ({"$not": 1}, "filter.$not"),
        ({"$and": [1]}, "filter.$and.0"),
        ({"$or": [{}]}, "filter.$or.0"),
        ({"$or": []}, "filter.$or"),
        ({"$and": {"a": 1}}, "filter.$and"),
        ({"a": {}}, "filter.a"),
        ({"a": {"b": {"$not": {}}}}, "filter.a.b.$not"),
        ({"a": {"b": {"$like": "x"}}}, "filter.a.b.$like"),
        ({"$where": "x"}, "filter.$where"),
        ({"a": {"$": 1}}, "filter.a.$"),
        ({"a": {"$in": []}}, "filter.a.$in"),
        ({"a": {"$nin": 5}}, "filter.a.$nin"),
        ({"a": {"$in": list(range(101))}}, "filter.a.$in"),
        ({"a": {"$gt": True}}, "filter.a.$gt"),
        ({"a": {"$gte": None}}, "filter.a.$gte"),
        ({"a": {"$lt": [1]}}, "filter.a.$lt"),
        ({"a": {"$lte": {"b": 1}}}, "filter.a.$lte"),
        ({"a": {"$exists": 1}}, "filter.a.$exists"),
        ({"a": {"$prefix": 1}}, "filter.a.$prefix"),
        ({"a": {"$suffix": None}}, "filter.a.$suffix"),
        ({"a": {"$suffix": "x" * 1_025}}, "filter.a.$suffix"),
        ({"a": "x" * 1_025}, "filter.a"),
        ({"a": [list(range(101))]}, "filter.a"),
        ({"a": {"$contains": {"x" * 1_025: 1}}}, "filter.a.$contains"),
    ],
)
def test_a_bad_filter_is_refused_with_the_path_of_the_bad_part(source: object, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        predicate.parse(source)

    assert refused.value.field == field
    assert refused.value.message.startswith(field)


def test_the_path_begins_where_the_caller_says() -> None:
    with pytest.raises(Invalid) as refused:
        predicate.parse({"a": {"$gt": None}}, path="webhook.filter")

    assert refused.value.field == "webhook.filter.a.$gt"


def test_a_filter_has_at_most_50_nodes() -> None:
    assert predicate.parse({f"f{number}": number for number in range(50)})
    assert predicate.parse({"a": {"$in": list(range(100))}})
    for one_more in (
        {f"f{number}": number for number in range(51)},
        {f"f{number}": {"$gt": number} for number in range(26)},
        {"$or": [{"a": number} for number in range(25)]},
    ):
        with pytest.raises(Invalid, match="more than 50"):
            predicate.parse(one_more)


def test_a_filter_is_at_most_16_levels_deep() -> None:
    def nested(levels: int, key: str) -> dict[str, object]:
        inner: dict[str, object] = {"a": 1}
        for _ in range(levels - 1):
            inner = {key: inner}
        return inner

    for key in ("a", "$not"):
        assert predicate.parse(nested(16, key))
        with pytest.raises(Invalid, match="16 levels"):
            predicate.parse(nested(17, key))


def test_a_literal_is_at_most_16_levels_deep() -> None:
    literal: list[object] = []
    for _ in range(5_000):
        literal = [literal]

    with pytest.raises(Invalid, match="nested"):
        predicate.parse({"a": literal})


def test_a_payload_may_be_deeper_than_any_filter() -> None:
    payload: dict[str, Any] = {"a": 1}
    for _ in range(63):
        payload = {"a": payload, "b": [payload]}

    assert predicate.parse({"a": {"a": {"$exists": True}}}).holds(payload)
    assert not predicate.parse({"a": {"$in": [1, [1], {"a": 1}]}}).holds(payload)


def test_a_predicate_keeps_its_source_and_is_equal_by_it() -> None:
    source = {"a": {"$gt": 1}}

    assert predicate.parse(source).source == source
    assert predicate.parse(source) == predicate.parse({"a": {"$gt": 1}})


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab$.", max_size=2), inner, max_size=3)
)
payloads = st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3)
conditions = st.recursive(
    st.one_of(
        scalars,
        st.builds(lambda op, value: {op: value}, st.sampled_from(["$ne", "$contains"]), values),
        st.builds(lambda op, value: {op: value}, st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), st.integers()),
        st.builds(lambda value: {"$exists": value}, st.booleans()),
        st.builds(lambda items: {"$in": items}, st.lists(scalars, min_size=1, max_size=3)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"$or": items}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda item: {"$not": item}, inner),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, min_size=1, max_size=2),
    ),
    max_leaves=6,
)


@given(values, payloads)
def test_any_json_is_parsed_or_refused_and_never_fails_otherwise(source: object, payload: dict[str, object]) -> None:
    try:
        wanted = predicate.parse({"a": source})
    except Invalid:
        return
    assert wanted.holds(payload) in (True, False)


@given(conditions, payloads)
def test_not_is_the_opposite_and_or_and_and_of_one_are_the_same(source: object, payload: dict[str, object]) -> None:
    plain = predicate.parse({"a": source}).holds(payload)

    assert predicate.parse({"$not": {"a": source}}).holds(payload) is not plain
    assert predicate.parse({"a": {"$not": source}}).holds(payload) is not plain
    assert predicate.parse({"$or": [{"a": source}]}).holds(payload) is plain
    assert predicate.parse({"a": {"$and": [source]}}).holds(payload) is plain


@given(st.dictionaries(st.sampled_from(["a", "b"]), scalars | st.lists(scalars, max_size=3), min_size=1))
def test_a_payload_satisfies_itself_before_and_after_the_wire(payload: dict[str, object]) -> None:
    wanted = predicate.parse(payload)

    assert wanted.holds(payload)
    assert wanted.holds(json.loads(json.dumps(payload)))


@given(scalars | st.lists(scalars, max_size=2), payloads)
def test_in_of_one_is_equality_and_nin_is_ne(value: object, payload: dict[str, object]) -> None:
    def holds(condition: object) -> bool:
        return predicate.parse({"a": condition}).holds(payload)

    assert holds({"$in": [value]}) is holds(value)
    assert holds({"$nin": [value]}) is holds({"$ne": value}) is not holds(value)
