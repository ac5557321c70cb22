"""Tables and records for people, JSON for programs."""

from __future__ import annotations

import json

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.cli.output import Exit, Failure, Output, plain, show_failure

ROWS = {"data": [{"id": "x" * 300, "status": "active"}], "has_more": True, "end_cursor": "cur_1"}


def test_a_table_cuts_and_folds_nothing_and_has_no_colour_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).table(ROWS, ("id", "status"))

    shown = capsys.readouterr()
    assert shown.out.splitlines()[1] == "x" * 300 + "  active"
    assert "\x1b" not in shown.out
    assert "--starting-after cur_1" in shown.err


def test_an_empty_table_says_so_beside_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).table({"data": []}, ("id",))

    assert capsys.readouterr() == ("", "Nothing found.\n")


def test_a_table_under_json_is_the_list_object(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).table(ROWS, ("id",))

    shown = capsys.readouterr()
    assert json.loads(shown.out) == ROWS
    assert shown.err == ""


def test_a_record_shows_each_field_and_lists_below(capsys: pytest.CaptureFixture[str]) -> None:
    record = {"id": "del_1", "is_test": True, "tags": ["a", "b"], "attempts": [{"number": 1, "error": None}]}

    Output(as_json=False).record(record, tables={"attempts": ("number", "error")})

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["id", "del_1"], ["is", "test", "yes"], ["tags", "a,", "b"], [], ["attempts"], ["number", "error"], ["1", "-"]]  # fmt: skip


def test_text_of_strangers_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=False).record({"name": "\x1b[2J\r\nid [bold]evil[/bold] \u202e \x9b1m"})

    assert capsys.readouterr().out == "name  \\x1b[2J\\r\\nid [bold]evil[/bold] \\u202e \\x9b1m\n"


@given(st.one_of(st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text()), st.none(), st.integers()))
def test_plain_text_is_always_one_printable_line(value: object) -> None:
    assert plain(value).isprintable()


def test_a_failure_says_what_to_do_next_and_which_request_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure("It is gone.", hint="Look elsewhere.", request_id="req_1")

    show_failure(failure, as_json=False)

    assert capsys.readouterr() == ("", "error: It is gone.\nnext: Look elsewhere.\nrequest: req_1\n")


def test_a_failure_under_json_is_one_line_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    failure = Failure("Gone.", code="gone", exit_code=Exit.USAGE, facts={"param": "id", "status": None})

    show_failure(failure, as_json=True)

    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert json.loads(shown) == {
        "error": {"code": "gone", "message": "Gone.", "hint": None, "request_id": None, "param": "id"}
    }


def test_failures_that_click_raises_itself_have_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    show_failure(click.ClickException("Broken."), as_json=False)

    assert capsys.readouterr().err == "error: Broken.\n"
