"""JSON that means one thing only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harbor.kernel import strict
from harbor.kernel.bounds import JSON_DEPTH_MAX
from harbor.kernel.errors import Invalid

# What may stand in a text: no U+0000 and no lone surrogate, which are refused.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def refused(raw: bytes) -> Invalid:
    """How a text is refused."""
    with pytest.raises(Invalid) as caught:
        strict.check(raw)
    assert caught.value.code == "invalid_json"
    return caught.value


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_well_said_is_understood(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    assert strict.check(text.encode()) == value


@settings(max_examples=300)
@given(st.binary(max_size=40) | st.text('{}[]":,\\u0123abc \n', max_size=40).map(str.encode))
def test_whatever_comes_is_a_value_or_a_refusal(raw: bytes) -> None:
    code = "understood"
    try:
        assert strict.check(raw) == json.loads(raw)
    except Invalid as error:
        code = error.code

    assert code in ("understood", "invalid_json")


# Keys


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"b":2,"a":1}',
        b'{"a" : 1 , "a" : 2}',
        b'[{"x":{"a":{},"a":{}}}]',
        b'{"a":1,"\\u0061":2}',
        b'{"\\u0061":1,"\\u0061":2}',
        b'{"a":"\\n","a":1}',
        '{"é":1,"\\u00e9":2}'.encode(),
        b'{"":1,"":2}',
        b'{"x":"a\\":1","y":1,"y":2}',
    ],
)
def test_a_key_that_comes_twice_is_found_with_and_without_escapes(raw: bytes) -> None:
    assert "twice in one object" in refused(raw).message


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":{"a":1},"b":{"a":1}}',
        b'[{"a":1},{"a":1}]',
        b'{"a":"b\\":","b":1}',
        b'{"a":":","b":"\\":\\":"}',
        b'{"a":1,"A":2}',
        b'{"e\\u0301":1,"\\u00e9":2}',
    ],
)
def test_the_same_word_elsewhere_is_no_duplicate(raw: bytes) -> None:
    assert strict.check(raw) == json.loads(raw)


@given(
    st.lists(st.sampled_from(["a", "b", "c", "é", '":']), min_size=2, max_size=5),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_duplicates_are_found_however_they_are_written(keys: list[str], escaped: list[bool]) -> None:
    def said(key: str, is_escaped: bool) -> str:
        return '"' + "".join(f"\\u{ord(c):04x}" for c in key) + '"' if is_escaped else json.dumps(key)

    raw = "{" + ",".join(f"{said(key, e)}:1" for key, e in zip(keys, escaped, strict=False)) + "}"

    if len(set(keys)) < len(keys):
        refused(raw.encode())
    else:
        assert strict.check(raw.encode()) == dict.fromkeys(keys, 1)


def test_the_refusal_names_the_key() -> None:
    assert refused(b'{"a":1,"wanted":1,"wanted":2}').field == "wanted"
    assert len(refused(b'{"' + b"k" * 500 + b'":1,"' + b"k" * 500 + b'":2}').field or "") == 100


# Letters and numbers


@pytest.mark.parametrize("raw", [b'{"a":"\\u0000"}', b'{"a\\u0000b":1}', b'["\\\\\\u0000"]'])
def test_the_null_character_is_refused(raw: bytes) -> None:
    assert "U+0000" in refused(raw).message


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert strict.check(b'["\\\\u0000"]') == ["\\u0000"]


@pytest.mark.parametrize("raw", [b'{"a":"\x00"}', b'"\x01"', b'"a\nb"', b'"a\tb"'])
def test_control_characters_must_be_escaped(raw: bytes) -> None:
    assert "control character" in refused(raw).message


@pytest.mark.parametrize("raw", [b'"\\ud800"', b'{"\\udfff":1}', b'"\\ude00\\ud83d"', b'["a","\\ud83dx"]'])
def test_half_a_surrogate_pair_is_refused(raw: bytes) -> None:
    assert "surrogate" in refused(raw).message


def test_a_whole_surrogate_pair_is_one_letter() -> None:
    assert strict.check(b'"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
@pytest.mark.parametrize("form", [b"%s", b'{"a":%s}', b'["\\n",%s]'])
def test_what_is_no_number_is_refused_by_name(word: bytes, form: bytes) -> None:
    assert f"{word.decode()}, which is not JSON" in refused(form % word).message


@pytest.mark.parametrize("raw", [b"1e400", b'{"a":-1e400,"b":2}', b"9" * 5_000, b'["\\n",' + b"9" * 5_000 + b"]"])
def test_numbers_beyond_all_bounds_are_refused(raw: bytes) -> None:
    assert "out of range" in refused(raw).message


@pytest.mark.parametrize("number", [2**53 + 1, 2**64, -(2**200), 1.5e308, 5e-324, 0.1])
def test_large_and_small_numbers_keep_their_value(number: float) -> None:
    assert strict.check(json.dumps({"a": number, "b": "\n"}).encode()) == {"a": number, "b": "\n"}


# Form


@pytest.mark.parametrize("raw", [b"", b" ", b"\n\t\r "])
def test_an_empty_body_is_said_to_be_empty(raw: bytes) -> None:
    assert refused(raw).message == "The body is empty; a JSON object is expected."


def test_a_byte_order_mark_is_named() -> None:
    assert "BOM" in refused(b"\xef\xbb\xbf{}").message


@pytest.mark.parametrize(
    "raw", ['{"a":"é"}'.encode("latin-1"), '{"a":1}'.encode("utf-16"), b'"\xed\xa0\x80"', b'"\xc0\xaf"']
)
def test_other_encodings_are_refused(raw: bytes) -> None:
    assert refused(raw).message == "The body is not UTF-8."


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[1,]", b"{'a':1}", b'{"a":01}', b"1 2", b'{"a" 1}', b"tru", b'"a', b"// no", b'{"a":1}}', b".5", b"+1"],
)
def test_where_it_is_wrong_is_said(raw: bytes) -> None:
    assert "at line 1, column" in refused(raw).message


def nested(depth: int, opening: bytes, closing: bytes, inside: bytes) -> bytes:
    return opening * depth + inside + closing * depth


@pytest.mark.parametrize("inside", [b"1", b'"x"', b'"\\n"', b"null"])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}"), (b'{"\\u0061":', b"}")])
def test_sixty_four_levels_are_fine_and_one_more_is_not(inside: bytes, pair: tuple[bytes, bytes]) -> None:
    strict.check(nested(JSON_DEPTH_MAX, *pair, inside))

    assert "deeper than 64 levels" in refused(nested(JSON_DEPTH_MAX + 1, *pair, inside)).message


@pytest.mark.parametrize("depth", [500, 990, 1_010, 5_000, 100_000])
@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("inside", [b"1", b'"\\n"', b"", b"NaN"])
def test_no_depth_is_too_much_to_refuse(depth: int, pair: tuple[bytes, bytes], inside: bytes) -> None:
    refused(nested(depth, *pair, inside))


def test_many_brackets_beside_one_another_are_no_depth() -> None:
    assert strict.check(b"[" + b",".join([b"[]"] * 500) + b"]") == [[]] * 500


# Compact text and digest


def test_blanks_between_are_dropped_and_nothing_else_is_changed() -> None:
    raw = b' { "b" : [ 1.0 , 1e2 , 10000000000000000000000 ] , "a" : " \\u00e9 \\/ " } '

    assert strict.compact(raw) == '{"b":[1.0,1e2,10000000000000000000000],"a":" \\u00e9 \\/ "}'
    assert strict.compact(msgspec.Raw(raw)) == strict.compact(raw)


def shuffled(value: Any, order: Callable[[list[Any]], list[Any]]) -> Any:
    """The same value with the keys of its objects in another order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name], order) for name in order(list(value))}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


@given(VALUES, st.booleans())
def test_the_digest_does_not_see_the_order_of_keys_nor_blanks_nor_escapes(value: object, ascii_only: bool) -> None:
    one = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    other = json.dumps(shuffled(value, lambda names: names[::-1]), ensure_ascii=ascii_only, indent=3).encode()

    assert strict.canonical_digest(one) == strict.canonical_digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"1", b"1.0"),
        (b"1.0", b"1.00"),
        (b"1e2", b"100"),
        (b"1", b'"1"'),
        (b"[1,2]", b"[2,1]"),
        (b"null", b"false"),
        (b"{}", b"[]"),
        (b'{"a":1}', b'{"a":1,"b":null}'),
        (b"1.5", b'"1.5"'),
        (b"9007199254740993", b"9007199254740992"),
    ],
)
def test_the_digest_tells_apart_what_is_not_the_same(one: bytes, other: bytes) -> None:
    assert strict.canonical_digest(b'{"a":' + one + b"}") != strict.canonical_digest(b'{"a":' + other + b"}")


def test_no_body_has_a_digest_too() -> None:
    assert strict.canonical_digest(b"") == strict.canonical_digest(b"null")
