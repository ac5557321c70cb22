"""Reports as files: what stands in them, and that none of it is calculated."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.products.harvest_timesheets.reports import csv_file, xlsx_file
from harbor.products.harvest_timesheets.reports.sheets import Column, Form, Line, Value

COLUMNS = (Column("Name"), Column("Hours", Form.HOURS), Column("Rate", Form.RATE), Column("Day", Form.DAY))


def xlsx_of(tmp_path: Path, rows: Sequence[Sequence[Value]], columns: Sequence[Column] = COLUMNS) -> str:
    """The XML of the only sheet."""
    file = BytesIO()
    book = xlsx_file.XlsxFile(file, tmp_path, "A: [very]* long/title? of more than 31 letters", columns)
    try:
        book.write(Line(tuple(row)) for row in rows)
    finally:
        book.close()
    assert list(tmp_path.iterdir()) == [], "nothing is left beside it"
    return ZipFile(file).read("xl/worksheets/sheet1.xml").decode()


def test_a_csv_file_has_numbers_with_their_places_and_days() -> None:
    written = csv_file.head(COLUMNS) + csv_file.body(
        COLUMNS, [Line(('Ann, "A"', 125, 1_000_000, date(2026, 5, 1))), Line((None, -5, None, None))]
    )
    assert written.decode() == ('\ufeffName,Hours,Rate,Day\r\n"Ann, ""A""",1.25,100.0000,2026-05-01\r\n,-0.05,,\r\n')


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0", "\n=1", "\t@x", "\uff1d1"]
)
def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    assert csv_file.word(Form.TEXT, text) == f"'{text}"
    sheet = xlsx_of(tmp_path, [(text, 100, None, None)])
    assert "<f>" not in sheet
    assert '<c r="A2" t="inlineStr">' in sheet


@given(st.text(max_size=50))
def test_any_text_comes_back_from_a_csv_file(text: str) -> None:
    columns = (Column("Name"), Column("More"))
    written = csv_file.body(columns, [Line((text, "end"))]).decode("utf-8", "surrogatepass")
    (row,) = csv.reader(StringIO(written, newline=""))
    assert row[0].removeprefix("'") == text.removeprefix("'")
    assert row[1] == "end"


def test_a_spreadsheet_has_numbers_dates_and_no_letters_that_xml_refuses(tmp_path: Path) -> None:
    sheet = xlsx_of(
        tmp_path, [("a\x00\ufffe\ud800 <&>", 125, 12_345, date(2026, 5, 1)), ("x" * 40_000, -1, None, date(1, 1, 1))]
    )
    assert "a\ufffd\ufffd\ufffd &lt;&amp;&gt;" in sheet
    assert re.search(r'<c r="B2" s="\d+"><v>1.25</v>', sheet)
    assert re.search(r'<c r="D2" s="\d+"><v>46143</v>', sheet)
    assert "0001-01-01" in sheet
    assert "x" * 32_767 in sheet
    assert "x" * 32_768 not in sheet


def test_a_spreadsheet_ends_where_its_rows_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS_MAX", 2)
    with pytest.raises(ValueError, match="at most 2 rows"):
        xlsx_of(tmp_path, [("a", 1, None, None)] * 3)
