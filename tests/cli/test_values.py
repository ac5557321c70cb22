"""Values on the command line."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.cli.options_values import JSON_BYTES_MAX, json_object, moment, pair, read_file

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_object_is_read_as_it_was_written(value: dict[str, object]) -> None:
    assert json_object(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "must be a JSON object"),
        ("{", "is not JSON"),
        ('{"a": 1, "a": 2}', "'a' is there twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 0.1234567890123456789}', "more digits than can be sent"),
        ('{"a": 1e400}', "more digits than can be sent"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
    ],
)
def test_what_would_not_arrive_as_written_is_refused(text: str, reason: str) -> None:
    with pytest.raises(click.BadParameter, match=reason):
        json_object(text)


def test_an_object_may_come_from_a_file_or_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "payload.json").write_bytes(b'\xef\xbb\xbf{"city": "Z\xc3\xbcrich"}')
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"n": 1}')))

    assert json_object(f"@{tmp_path}/payload.json") == {"city": "Zürich"}
    assert json_object("-") == {"n": 1}


def test_a_file_that_is_missing_too_long_or_no_text_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "long.json").write_bytes(b" " * (JSON_BYTES_MAX + 1))
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xfc"}')

    with pytest.raises(click.UsageError, match=r"missing\.json cannot be read: No such file"):
        json_object(f"@{tmp_path}/missing.json")
    with pytest.raises(click.UsageError, match="has more than 1048576 bytes"):
        json_object(f"@{tmp_path}/long.json")
    with pytest.raises(click.BadParameter, match="not UTF-8"):
        json_object(f"@{tmp_path}/latin.json")


def test_a_file_of_exactly_the_bound_is_read(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"12345")

    assert read_file(str(tmp_path / "body"), 5) == b"12345"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-05-25T12:00:00Z", "2026-05-25T12:00:00.000Z"),
        ("2026-05-25T14:00:00.5+02:00", "2026-05-25T12:00:00.500Z"),
    ],
)
def test_a_moment_is_shown_in_utc(text: str, shown: str) -> None:
    assert moment(text) == shown


@pytest.mark.parametrize(("age", "back"), [("90s", timedelta(seconds=90)), ("2h", timedelta(hours=2)), ("7d", timedelta(days=7))])  # fmt: skip
def test_an_age_is_a_moment_before_now(age: str, back: timedelta) -> None:
    before = datetime.now(UTC) - back
    found = datetime.fromisoformat(moment(age))

    assert before - timedelta(milliseconds=1) <= found <= datetime.now(UTC) - back


@pytest.mark.parametrize("text", ["yesterday", "2026-05-25T12:00:00", "0h", "-1d", "0001-01-01T00:00:00+10:00", ""])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        moment(text)


def test_a_pair_may_hold_more_equal_signs_and_no_empty_name() -> None:
    assert pair("x-token=a=b") == ("x-token", "a=b")
    for text in ("x-token", "=b", ""):
        with pytest.raises(click.BadParameter):
            pair(text)
