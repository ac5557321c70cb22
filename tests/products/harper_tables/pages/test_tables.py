"""Databases and tables in the console."""

from __future__ import annotations

from tests.products.harper_tables.pages.workshop import DOG, Workshop

NEW_TABLE = "databases/~new-table"


async def test_a_table_is_made_described_changed_and_dropped(workshop: Workshop) -> None:
    empty = await workshop.page("databases")
    attributes = "name: String\nborn: date\nat\nnotes: string, No Index"
    made = await workshop.post(
        NEW_TABLE,
        {"database": "kennel", "table": "dog", "primary_key": "id", "attributes": attributes, "audit": "true"},
    )
    at = "/sandbox/harper/databases/kennel/tables/dog"
    structure = await workshop.page(at)
    added = await workshop.post(f"{at}/attributes", {"attribute": "weight", "type": "Float", "indexed": "true"})
    dropped = await workshop.post(f"{at}/attributes/drop", {"attribute": "notes"})
    listed = await workshop.page("databases")

    assert "No tables yet" in empty.text
    assert "The table is there." in made.text
    assert "No records yet" in made.text
    assert "name String Indexed" in structure.text
    assert "born Date Indexed" in structure.text
    assert "notes String None" in structure.text
    assert "Audit On" in structure.text
    assert "weight Float Being filled" in added.text
    assert "notes" not in dropped.text.partition("Declare an attribute")[0].partition("Attributes")[2]
    assert "kennel 1 table" in listed.text
    assert listed.rows == [f"/console{at}/records"]

    typo = await workshop.post(f"{at}/drop", {"confirm": "Dog"}, status=422)
    gone = await workshop.post(f"{at}/drop", {"confirm": "dog"})
    await workshop.post("databases/kennel/drop", {"confirm": ""}, status=422)
    none = await workshop.post("databases/kennel/drop", {"confirm": "kennel"})

    assert typo.refusal == ("confirm", "Type dog to confirm; nothing was removed.")
    assert "No tables here" in gone.text
    assert "No tables yet" in none.text
    await workshop.page(at, status=404)


async def test_a_table_that_cannot_be_is_refused_at_its_field(on_sqlite: Workshop) -> None:
    cases = [
        ({"table": ""}, "table", "'table' is not allowed to be empty"),
        ({"table": "a/b"}, "table", "'table' names cannot include backticks or forward slashes"),
        ({"table": "dog", "database": "harbor"}, "", "database 'harbor' is reserved"),
        ({"table": "dog", "attributes": "name: Strng"}, "attributes", "attributes: line 1 says 'strng'"),
        ({"table": "dog", "expiration": "soon"}, "expiration", "expiration must be a number of seconds."),
        ({"table": "dog", "expiration": "nan"}, "expiration", "expiration must be a number of seconds."),
    ]
    for fields, field, words in cases:
        refused = (await on_sqlite.post(NEW_TABLE, {"primary_key": "id", **fields}, status=422)).refusal
        assert refused[0] == field
        assert refused[1].startswith(words)


async def test_names_of_any_letters_have_pages_of_their_own(on_sqlite: Workshop) -> None:
    odd = "a b?c#d%2F{x}<b>&'\"~"
    for name in (odd, "..", ".", "~new", "~~", "~new-table"):
        made = await on_sqlite.post(NEW_TABLE, {"database": name, "table": name, "primary_key": "id"})
        assert "No records yet" in made.text
    listed = await on_sqlite.page("databases")

    assert len(listed.rows) == 6
    for path in listed.rows:
        page = await on_sqlite.page(path)
        assert "<b>" not in page.main
        inserted = await on_sqlite.post(path, {"record": '{"id": "<b>"}'})
        assert "The record is there." in inserted.text
        assert "&lt;b&gt;" in inserted.main


async def test_of_many_tables_only_some_are_counted_and_the_others_follow(on_sqlite: Workshop) -> None:
    for number in range(62):
        await on_sqlite.post(NEW_TABLE, {"database": "many", "table": f"t{number:02}", "primary_key": "id"})
    every = await on_sqlite.page("databases")
    first = await on_sqlite.page("databases/many")
    second = await on_sqlite.page("databases/many?start=t60")

    assert every.rows == []
    assert "All tables of many" in every.text
    assert (len(first.rows), len(second.rows)) == (60, 2)


async def test_members_look_and_change_nothing(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    member = on_sqlite.member
    table = await on_sqlite.page(DOG, at=member)
    records = await on_sqlite.page(f"{DOG}/records", at=member)
    record = await on_sqlite.page(f"{DOG}/record?key=1", at=member)

    for page in (table, records, record, await on_sqlite.page("databases", at=member)):
        assert '<form method="post"' not in page.main
        assert "Insert" not in page.text.replace("Insert some", "")
    assert "Rex" in record.text
    assert (await member.post(f"{DOG}/records", {"record": "{}"})).status == 403
    assert (await member.get(f"{DOG}/history")).status == 403
    assert (await member.get(f"{DOG}/records/file?form=csv")).status == 200
    assert (await on_sqlite.stranger.get(f"{DOG}/records")).status == 404
    assert (await on_sqlite.stranger.get(f"{DOG}/records/file")).status == 404
