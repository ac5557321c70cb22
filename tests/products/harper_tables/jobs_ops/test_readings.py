"""CSV and JSON out of bytes that come in pieces: whatever the pieces, and wherever a load goes on."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.outbound import OutboundPolicy
from harbor.products.harper_tables.jobs_ops import csv_reading, csv_rules, json_reading, sources
from harbor.products.harper_tables.jobs_ops.csv_rules import Unreadable
from harbor.products.harper_tables.jobs_ops.s3 import S3, Object
from harbor.products.harper_tables.jobs_ops.s3_place import Keys, Place
from harbor.products.harper_tables.jobs_ops.sources import Unusable
from harbor.products.harper_tables.values import Instant

CELLS = st.text(st.sampled_from('ab,"\r\n é\u2028{}1'), max_size=6)
OBJECTS = st.lists(
    st.dictionaries(st.text(st.sampled_from('a"\\ü]'), max_size=3), st.text(max_size=4) | st.integers() | st.none())
)


def source(content: bytes) -> csv_reading.Read:
    """Its bytes."""
    return lambda first, size: content[first : first + size]


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6), st.integers(1, 9), st.sampled_from(["\n", "\r\n"])
)
def test_rows_are_the_same_in_any_pieces_and_from_any_place(rows: list[list[str]], piece: int, ending: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(rows)
    content = out.getvalue().encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reading, "PIECE_BYTES", piece)
        lines = csv_reading.Lines(source(content))
        found, places = [], [0]
        for cells in csv_reading.rows(lines):
            found.append(cells)
            places.append(lines.place)
        again = [list(csv_reading.rows(csv_reading.Lines(source(content), place))) for place in places]

    assert found == rows == list(csv_reading.rows(csv_reading.lines_of(out.getvalue())))
    assert again == [rows[number:] for number in range(len(rows) + 1)]


@given(OBJECTS, st.integers(1, 9), st.sampled_from([None, 1]))
def test_objects_are_the_same_in_any_pieces_and_from_any_place(objects: list[Any], piece: int, indent: int) -> None:
    content = json.dumps(objects, ensure_ascii=False, indent=indent).encode("utf-8", "replace")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reading, "PIECE_BYTES", piece)
        elements = json_reading.Elements(source(content))
        texts, places = [], list[int]()
        for text in elements:
            texts.append(text)
            places.append(elements.place)
        again = [list(json_reading.Elements(source(content), place)) for place in places]

    assert [json.loads(text) for text in texts] == json.loads(content)
    assert again == [texts[number:] for number in range(1, len(texts) + 1)]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'[{"a":1}', b'[{"a":1} {"b":2}]', b'[{"a":}]', b'[{"a":"\xff"}]', b"[{" + b'"a":[' * 9_999]
)  # fmt: skip
def test_what_is_no_array_of_objects_is_told(content: bytes) -> None:
    with pytest.raises(Unreadable):
        list(json_reading.Elements(source(content)))


def test_an_object_that_cannot_be_kept_is_told_and_the_others_are_read() -> None:
    found = json_reading.records(['{"a":1}', '{"a":"\\u0000"}', '{"a":NaN}', '{"a":' + "9" * 30 + "}"])

    assert found[0] == {"a": 1}
    assert "U+0000" in str(found[1])
    assert found[2:] == ["Invalid JSON.", {"a": int("9" * 30)}]


def test_blank_lines_are_no_rows_and_empty_cells_are() -> None:
    columns, rows = csv_reading.sheet(csv_reading.lines_of("\ufeff id ,name\n\n,\n  ,x,extra\r\n\r\n3\n"))

    assert columns == ("id", "name")
    assert list(rows) == [["", ""], ["  ", "x"], ["3"]]


def test_a_quote_that_never_closes_ends_at_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reading, "RECORD_BYTES_MAX", 100)
    before = csv.field_size_limit(100)
    try:
        for text in ('id\n"' + "a\n" * 100, "id\n" + "a" * (csv_reading.PIECE_BYTES + 200)):
            with pytest.raises(Unreadable):
                list(csv_reading.rows(csv_reading.Lines(source(text.encode()))))
    finally:
        csv.field_size_limit(before)


def test_a_row_of_many_lines_and_blanks_without_end_have_the_bound_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reading, "RECORD_BYTES_MAX", 100)
    monkeypatch.setattr(json_reading, "RECORD_BYTES_MAX", 100)
    row = ",".join(['"a\nb"'] * 30) + "\n"

    for text in ("id\n" + row, "id\n" + "\n" * 200):
        with pytest.raises(Unreadable, match="a row of more than 100 bytes"):
            list(csv_reading.rows(csv_reading.lines_of(text)))
    with pytest.raises(Unreadable, match="see byte 210"):
        list(json_reading.Elements(source(b'[{"id":1},' + b" " * 200 + b"{}]")))

    assert len(list(csv_reading.rows(csv_reading.lines_of(("id\n" + "\n" * 50 + '"a\nb"\n') * 5)))) == 10


def test_a_record_of_a_million_small_things_is_told_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_reading, "_CONTAINERS_MAX", 400_000)
    large = b'[{"a":[' + b",".join([b"{}"] * 500_000) + b"]}]"
    many = b"[" + b",".join([b'{"a":[{}]}'] * 10_000) + b"]"

    with pytest.raises(Unreadable, match="too many objects in one record: see byte 1"):
        list(json_reading.Elements(source(large)))
    assert sum(1 for _ in json_reading.Elements(source(many))) == 10_000


async def test_a_store_that_sends_nothing_ends_the_load() -> None:
    store = S3(Place(bucket="desk", key="a.csv", region="eu-north-1"), Keys(id="", secret=""), OutboundPolicy(), None)
    store.read_here = lambda *_: b""  # type: ignore[method-assign]
    async with store:
        with pytest.raises(Unusable, match="less of the object than it has"):
            sources.S3Source(store, Object(10, "tag")).read(0, 5)


@pytest.mark.parametrize(
    ("declared", "cell", "value"),
    [
        ("Int", "007", 7), ("Int", "x", "x"), ("Int", "", None), ("BigInt", "9" * 30, int("9" * 30)), ("Float", "1e3", 1000.0),
        ("Float", "5", 5), ("Float", "1e999", "1e999"), ("Boolean", "True", True), ("Boolean", "1", 1),
        ("Date", "2026-01-01", Instant(1_767_225_600_000)), ("Date", "soon", "soon"), ("Bytes", "aGk=", b"hi"), ("Bytes", "?", "?"),
        ("String", "5", "5"), ("ID", "", ""), ("Any", "5", 5), ("Array", "[1]", [1]), (None, "1.5" + "0" * 399, 1.5),
    ],
)  # fmt: skip
def test_a_declared_type_decides_what_a_cell_is(declared: str | None, cell: str, value: object) -> None:
    found = csv_rules.value(cell, declared)

    assert (type(found), found) == (type(value), value)
