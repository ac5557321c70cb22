"""`harbor tables`: what is read from files, what is sent, what is written, and what a refusal says to do next."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sdks.python.tests.loopback import Answer, Seen
from tests.cli.conftest import Run, StandIn

from harbor.cli import tables_reading
from harbor.cli.output import Failure
from harbor.cli.tables_reading import parts
from harbor.cli.tables_session import operations_url, table_name
from harbor.cli.tables_writing import writing

DOGS = [{"id": 1, "name": "Penny"}, {"id": 2, "name": "Rex\nthe 2nd"}, {"id": "x", "name": 'Ünal, "U"'}]
CBOR = {"Content-Type": "application/cbor"}


def answered(value: Any, status: int = 200, code: str = "") -> Answer:
    return Answer(status, body=cbor2.dumps(value), headers={**CBOR, "Harper-Error-Code": code})


def body(seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = seen.json if seen.headers["content-type"] == "application/json" else cbor2.loads(seen.body)
    return found


@pytest.fixture
def tables(run: Run) -> Run:
    def invoke(*words: str, **more: Any) -> Any:
        return run("tables", *words, **{"HARPER_PASSWORD": "pine-cone-7", **more})

    return invoke


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/harper"),
        ("localhost", "http://localhost:8000/harper"),
        ("harbor.example.com", "https://harbor.example.com/harper"),
        ("http://127.0.0.1:9925/", "http://127.0.0.1:9925/"),
    ],
)
def test_operations_go_under_harbors_address_or_to_harpers_own(host: str, url: str) -> None:
    assert operations_url(host) == url


def test_a_table_is_named_with_its_database_or_is_in_data() -> None:
    assert table_name("dev.dog") == ("dev", "dog")
    assert table_name("dog") == ("data", "dog")
    assert table_name("dev.dog.puppy") == ("dev", "dog.puppy")


def sheet() -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, ["id", "name"])
    writer.writeheader()
    writer.writerows(DOGS)
    return text.getvalue()


FILES = {
    "csv": sheet(),
    "json": json.dumps(DOGS, indent=1),
    "jsonl": "\n\n".join(json.dumps(dog) for dog in DOGS),
}


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("rows", [1, 2, 100])
@pytest.mark.parametrize("skip", [0, 2, 5])
def test_a_file_comes_in_parts_that_say_which_rows_they_are(
    form: str, rows: int, skip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_reading, "ROWS_MAX", rows)
    monkeypatch.setattr(tables_reading, "_PIECE", 7)

    found = list(parts(io.StringIO(FILES[form], newline=""), form, skip=skip))

    assert [part.first for part in found] == list(range(skip + 1, 4, rows))
    assert sum(part.rows for part in found) == max(0, 3 - skip)
    read = [
        row
        for part in found
        for row in (csv.DictReader(io.StringIO(part.text)) if form == "csv" else json.loads(f"[{part.text}]"))
    ]
    assert [row["name"] for row in read] == [dog["name"] for dog in DOGS][skip:]


@given(
    st.lists(
        st.dictionaries(
            st.text(), st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
        )
    )
)
def test_records_of_an_array_arrive_as_they_are_written(records: list[dict[str, Any]]) -> None:
    (*found,) = parts(io.StringIO(f" {json.dumps(records, indent=2)}\n"), "json", skip=0)

    assert json.loads(f"[{','.join(part.text for part in found)}]") == records


@pytest.mark.parametrize(
    ("form", "text", "row"),
    [
        ("jsonl", '{"id": 1}\n{"id": \n', "Row 2"),
        ("jsonl", '{"id": NaN}', "Row 1"),
        ("jsonl", "[1]", "Row 1"),
        ("json", '[{"id": 1}, {"id": NaN}]', "Row 2"),
        ("json", '[{"id": 1} {"id": 2}]', "Row 2"),
        ("json", '[{"id": 1}', "Row 2"),
        ("json", "[" * 100_000, "Row 1"),
        ("json", '{"id": 1}', "Row 1"),
        ("json", "[{}] x", "something follows"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_row(form: str, text: str, row: str) -> None:
    with pytest.raises(Failure, match=row):
        list(parts(io.StringIO(text), form, skip=0))


RECORDS = [
    {"id": 1, "at": datetime(2026, 5, 25, 12, tzinfo=UTC), "raw": b"\x00\xff", "n": 2**70},
    {"id": 2, "tags": ["a", {"b": None}], "gone": None, "is": True},
]


def test_files_hold_what_the_server_prints(tmp_path: Path) -> None:
    for form in ("csv", "json", "jsonl"):
        with writing(str(tmp_path / form), form, ["id"]) as write:
            for record in RECORDS:
                write(record)

    one, other = (tmp_path / "jsonl").read_text().splitlines()
    assert one == '{"id":1,"at":"2026-05-25T12:00:00.000Z","raw":"AP8=","n":1180591620717411303424}'
    assert json.loads((tmp_path / "json").read_text()) == [json.loads(one), json.loads(other)]
    assert (tmp_path / "csv").read_text().splitlines() == [
        "id,at,raw,n,tags,gone,is",
        "1,2026-05-25T12:00:00.000Z,AP8=,1180591620717411303424,,,",
        '2,,,,"[""a"",{""b"":null}]",,true',
    ]


def test_a_file_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "dogs.jsonl"
    file.write_text("old")

    with suppress(ZeroDivisionError), writing(str(file), "jsonl", []) as write:
        write({"id": 1 / 0})

    assert file.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["dogs.jsonl"]


def test_without_a_password_nothing_is_sent(run: Run, server: StandIn) -> None:
    refused = run("tables", "list", "--json")

    assert (refused.code, refused.error["code"]) == (2, "password_needed")
    assert "HARPER_PASSWORD" in refused.error["hint"]
    assert server.seen == []


@pytest.mark.parametrize(
    "words",
    [
        ("sql", "  "),
        ("import", "nothing.csv", "--table", "dev.dog"),
        ("import", "dogs", "--table", "dev.dog"),
        ("import", "dogs.csv", "--table", "dev."),
        ("export", "--to", "x.csv"),
        ("export", "--table", "t", "--sql", "SELECT 1", "--to", "x.csv"),
        ("export", "--sql", "DELETE FROM dev.dog", "--to", "x.csv"),
    ],
)
def test_wrong_usage_sends_nothing(tables: Run, server: StandIn, words: tuple[str, ...]) -> None:
    assert tables(*words).code == 2
    assert server.seen == []


def test_a_refusal_says_what_to_do_next(tables: Run, server: StandIn) -> None:
    denied = {
        "error": "This operation is not authorized",
        "unauthorized_access": [{"schema": "dev", "table": "dog", "required_table_permissions": ["read"]}],
        "invalid_schema_items": ["Table 'dev.cat' does not exist"],
    }
    server.loopback.script = [
        answered({"error": "Login failed"}, 401, "login_failed"),
        answered(denied, 403, "not_authorized"),
        Answer(502, body=b"<html>"),
        Answer(200, body=b"<html>"),
        Answer(drops=True),
    ]

    assert "next: Check --user and HARPER_PASSWORD" in tables("list").stderr
    told = tables("sql", "SELECT 1", "--json").error
    assert told["message"].endswith(": dev.dog needs read; Table 'dev.cat' does not exist")
    assert (told["status"], told["details"]) == (403, denied["unauthorized_access"] + denied["invalid_schema_items"])
    assert tables("list").code == 1
    assert "Does --host name" in tables("list").stderr
    assert tables("list").code == 3


def test_an_import_that_ends_early_says_how_to_go_on(
    tables: Run, server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_reading, "ROWS_MAX", 2)
    file = tmp_path / "dogs.jsonl"
    file.write_text("\n".join(json.dumps({"id": number}) for number in range(5)))
    server.loopback.script = [
        answered({"inserted_hashes": [0, 1], "skipped_hashes": []}),
        answered({"error": "'records' is odd"}, 400, "invalid_field"),
        answered({"inserted_hashes": [0], "skipped_hashes": [1]}),
        Answer(drops=True),
    ]

    refused = tables("import", str(file), "--table", "dev.dog", "--json")
    dropped = tables("import", str(file), "--table", "dev.dog")
    server.loopback.respond = lambda seen: answered({"inserted_hashes": [one["id"] for one in seen.json["records"]]})
    rest = tables("import", str(file), "--table", "dev.dog", "--skip", "2", "--json")

    assert (refused.code, refused.error["rows_done"]) == (1, 2)
    assert f"harbor tables import {file} --table dev.dog --skip 2;" in refused.error["hint"]
    assert dropped.code == 3
    assert "2 rows are done, the part after them perhaps." in dropped.stderr
    assert rest.json == {"table": "dev.dog", "rows": 3, "written": 3, "left_alone": 0, "reasons": []}
    assert [one["id"] for seen in server.seen[4:] for one in body(seen)["records"]] == [2, 3, 4]


def test_csv_is_loaded_by_jobs_whose_reasons_name_rows_of_the_file(
    tables: Run, server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_reading, "ROWS_MAX", 2)
    file = tmp_path / "dogs.csv"
    file.write_text("id,name\n1,a\n\n2,b\n3,c\n")
    started = answered({"message": "Starting job with id j", "job_id": "j"})
    whole = {"status": "COMPLETE", "message": "successfully loaded 2 of 2 records"}
    half = {
        "status": "COMPLETE",
        "message": "successfully loaded 0 of 1 records",
        "result": {"skipped": 1, "reasons": ["row 1: no such day"]},
    }
    server.loopback.script = [
        answered({"error": "Table 'dog' already exists in 'dev'"}, 400, "table_exists"),
        started,
        answered([{"status": "IN_PROGRESS", "message": ""}]),
        answered([whole]),
        started,
        answered([half]),
    ]

    done = tables("import", str(file), "--table", "dev.dog", "--key", "id", "--json")

    assert done.code == 1
    assert done.json == {
        "table": "dev.dog",
        "rows": 3,
        "written": 2,
        "left_alone": 1,
        "reasons": ["row 3: no such day"],
    }
    assert [body(seen)["data"] for seen in server.seen if "data" in body(seen)] == [
        "id,name\n1,a\n2,b\n",
        "id,name\n3,c\n",
    ]


def test_a_table_is_exported_in_pages_that_are_halved_where_they_are_too_large(
    tables: Run, server: StandIn, tmp_path: Path
) -> None:
    at = datetime(2026, 5, 25, tzinfo=UTC)
    attributes = [{"attribute": name} for name in ("id", "name")]
    server.loopback.script = [
        answered({"primary_key": "id", "attributes": attributes, "record_count": 600}),
        answered({"error": "too large"}, 400, "answer_too_large"),
        answered([{"id": number, "name": None} for number in range(499)] + [{"id": at}]),
        answered([{"id": "last", "name": "x"}]),
    ]

    done = tables("export", "--table", "dev.dog", "--to", str(tmp_path / "dogs.csv"), "--json")

    assert done.json == {"file": str(tmp_path / "dogs.csv"), "format": "csv", "records": 501}
    lines = (tmp_path / "dogs.csv").read_text().splitlines()
    assert (lines[0], lines[-2:]) == ("id,name", ["2026-05-25T00:00:00.000Z,", "last,x"])
    asked = [body(seen) for seen in server.seen[1:]]
    assert [each["limit"] for each in asked] == [1000, 500, 500]
    assert asked[-1]["conditions"] == [{"attribute": "id", "comparator": "greater_than", "value": at}]
