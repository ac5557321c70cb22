"""Records in the console: finding, editing, and what was done to them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from urllib.parse import urlencode

from tests.products.harper_tables.pages.workshop import DOG, Workshop, page_of

from harbor.products.harper_tables.records import api
from harbor.products.harper_tables.search import api as search
from harbor.products.harper_tables.values import Instant

DATE = Instant(1_617_235_200_000)


def asked(**filters: str) -> str:
    """The page of the records that fit."""
    return f"{DOG}/records?{urlencode(filters)}"


async def test_records_are_found_opened_changed_and_deleted(workshop: Workshop) -> None:
    await workshop.dogs()
    found = await workshop.page(asked(attribute="age", comparator="greater_than", value="3"))
    number = await workshop.page(f"{DOG}/record?key=2")
    text = await workshop.page(f"{DOG}/record?key=%222%22")
    form = await workshop.page(f"{DOG}/record/edit?key=2")
    fields = {"key": form.value_of("key"), "seen": form.value_of("seen")}
    saved = await workshop.post(
        f"{DOG}/record", {**fields, "record": '{"id": 2, "name": "Fido", "age": 8, "tags": []}'}
    )
    late = await workshop.post(f"{DOG}/record", {**fields, "record": '{"id": 2}'}, status=409)
    history = await workshop.page(f"{DOG}/history?key=2")

    assert found.rows == [f"/console{DOG}/record?key=2"]
    assert ("Fido's shadow" in number.text, "Fido's shadow" in text.text) == (False, True)
    assert '"age": 8' in saved.text
    assert late.refusal[1].startswith("Somebody has changed this record meanwhile.")
    assert "update Ada Lovelace" in history.text
    assert "<del><code>7</code></del> → <ins><code>8</code></ins>" in history.main
    assert "insert mira" in history.text

    await workshop.post(f"{DOG}/record/delete", {"key": "2"}, status=422)
    deleted = await workshop.post(f"{DOG}/record/delete", {"key": "2", "confirm": "yes"})
    assert "The record is gone." in deleted.text
    assert len(deleted.rows) == 2
    await workshop.page(f"{DOG}/record?key=2", status=404)


async def test_what_is_not_touched_keeps_its_kind(workshop: Workshop) -> None:
    before: dict[str, Any] = {"id": 1, "born": DATE, "chip": b"\x00\xff", "long": 2**70, "deep": {"at": [DATE, 1.0]}}
    await workshop.dogs([before])
    form = await workshop.page(f"{DOG}/record/edit?key=1")
    typed = json.loads(form.value_of("record"))
    fields = {"key": "1", "seen": form.value_of("seen")}

    same = await workshop.post(f"{DOG}/record", {**fields, "record": form.value_of("record")})
    await workshop.post(
        f"{DOG}/record", {**fields, "record": json.dumps({**typed, "name": "Rex", "born": "2022-01-01"})}
    )
    (stored,) = await workshop.do(search.by_id, table="dog", ids=[1], get_attributes=["*"])

    assert typed["born"] == "2021-04-01T00:00:00.000Z"
    assert "Nothing was changed" in same.text
    del stored["__createdtime__"], stored["__updatedtime__"]
    assert stored == {**before, "name": "Rex", "born": Instant(1_640_995_200_000)}


async def test_a_record_that_cannot_be_is_refused_and_nothing_is_kept(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    cases = {
        "": "record is empty",
        "{": "record is not valid JSON",
        "5": "record must be a JSON object",
        '{"id": 9, "id": 10}': "record names 'id' twice",
        '{"id": 1}': "There is a record with the key 1 already; nothing was inserted.",
        '[{"id": 9}, {"id": 1}]': "There is a record with the key 1 already; nothing was inserted.",
        '{"a/b": 1}': "Attribute names cannot include",
    }
    for record, words in cases.items():
        reply = await on_sqlite.owner.post(f"{DOG}/records", {"record": record})
        assert reply.status in (409, 422)
        assert page_of(reply, reply.status).refusal[1].startswith(words)

    assert len((await on_sqlite.page(f"{DOG}/records")).rows) == 3


async def test_filters_know_kinds_and_say_what_cannot_be(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    counts = {
        ("id", "equals", "2"): 1,
        ("id", "equals", '"2"'): 1,
        ("id", "in", "1, 2"): 2,
        ("age", "between", "[3, 6]"): 1,
        ("name", "starts_with", "Fido"): 2,
        ("name", "contains", "'s sh"): 1,
        ("tags", "equals", '["small","dark"]'): 1,
        ("age", "equals", "null"): 1,
        ("name", "equals", ""): 3,
        ("__createdtime__", "less_than", "2026-05-25T12:00:01Z"): 3,
    }
    found = {each: len((await on_sqlite.page(_of(each))).rows) for each in counts}
    unknown = await on_sqlite.page(asked(attribute="wings", value="2"))
    strange = await on_sqlite.page(asked(attribute="age", comparator="near", value="2"))
    none = await on_sqlite.page(asked(attribute="age", value="99"))
    down = await on_sqlite.page(asked(sort="age", order="desc"))

    assert found == counts
    assert "unknown attribute 'wings'" in unknown.text
    assert "must be one of" in strange.text
    assert "No record fits" in none.text
    assert [row.rpartition("=")[2] for row in down.rows] == ["2", "1", "%222%22"]


def _of(each: tuple[str, str, str]) -> str:
    attribute, comparator, value = each
    return asked(attribute=attribute, comparator=comparator, value=value)


async def test_pages_and_files_hold_what_the_filter_finds(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs([{"id": number, "name": f"dog {number}", "big": "x" * 500} for number in range(120)])
    first = await on_sqlite.page(f"{DOG}/records")
    third = await on_sqlite.page(asked(page="3"))
    beyond = await on_sqlite.page(asked(page="99"))
    table = await on_sqlite.owner.get(f"{DOG}/records/file?form=csv&attribute=id&comparator=less_than&value=2")
    every = await on_sqlite.owner.get(f"{DOG}/records/file?form=json&sort=id&order=desc")
    one = await on_sqlite.owner.get(f"{DOG}/record/file?key=7")

    assert (len(first.rows), len(third.rows)) == (50, 20)
    assert "Records 1 to 50 of 120" in first.text
    assert "Records 101 to 120 of 120" in third.text
    assert "No record fits" in beyond.text
    assert "x" * 91 not in first.text
    assert [row["name"] for row in csv.DictReader(io.StringIO(table.body.decode()))] == ["dog 0", "dog 1"]
    assert table.headers["content-disposition"] == 'attachment; filename="dog.csv"'
    assert [each["id"] for each in every.json()][:2] == [119, 118]
    assert one.json()["name"] == "dog 7"


async def test_a_key_that_can_be_none_is_not_there(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    for key in ("", "{}", "null", "[", '{"$":["date","x"]}', '{"$":["int","x"]}', '{"$":1}', "1,2", "x", "[" * 500):
        reply = await on_sqlite.owner.get(f"{DOG}/record?{urlencode({'key': key})}")
        assert reply.status == 404, key


async def test_a_key_of_every_kind_leads_to_its_record(on_sqlite: Workshop) -> None:
    keys = [1, "1", 1.5, True, DATE, b"\x00", "ü/ä?#&", 2**80, [1, "a"]]
    await on_sqlite.dogs([{"id": key, "place": place} for place, key in enumerate(keys)])
    listed = await on_sqlite.page(f"{DOG}/records")
    places = {
        int((await on_sqlite.owner.get(f"{row.replace('/record?', '/record/file?')}")).json()["place"])
        for row in listed.rows
    }

    assert places == set(range(len(keys)))


async def test_a_change_is_undone_unless_another_came_after_it(workshop: Workshop) -> None:
    await workshop.dogs()
    await workshop.do(api.update, table="dog", records=[{"id": 1, "age": 30}, {"id": 2, "age": 70}])
    await workshop.do(api.update, table="dog", records=[{"id": 2, "age": 71}])
    history = await workshop.page(f"{DOG}/history")
    last, both, first = re.findall(r'name="position" value="(\d+)"', history.main)
    partly = await workshop.post(f"{DOG}/history/undo", {"position": both, "key": ""})
    nothing = await workshop.post(f"{DOG}/history/undo", {"position": first, "key": "1"})
    undone = await workshop.post(f"{DOG}/history/undo", {"position": last, "key": "2"})

    assert "Some records were changed again since" in partly.text
    assert '"age": 3,' in (await workshop.page(f"{DOG}/record?key=1")).text
    assert "Nothing was undone" in nothing.text
    assert "The records are what they were before." in undone.text
    assert '"age": 70' in (await workshop.page(f"{DOG}/record?key=2")).text
    await workshop.post(f"{DOG}/history/undo", {"position": "soon"}, status=404)


async def test_history_goes_back_page_by_page(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    for age in range(40):
        await on_sqlite.do(api.update, table="dog", records=[{"id": 1, "age": age}])
    first = await on_sqlite.page(f"{DOG}/history")
    before = first.main.partition('rel="next" href="')[2].partition('"')[0]
    second = await on_sqlite.page(before.replace("&amp;", "&"))

    assert first.text.count("1 record") >= 30
    assert "insert 3 records mira" in second.text
    assert "Newest" in second.text
