"""Import of CSV, the job behind it, logs and analytics."""

from __future__ import annotations

from tests.products.harper_tables.pages.workshop import DOG, Workshop

from harbor.kernel.clock import micros
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.requestlog.store import Entry


async def test_an_import_is_a_job_that_says_what_it_left_out(workshop: Workshop) -> None:
    await workshop.dogs()
    sheet = "id,name,age\n1,Rex again,4\n7,Bella,5\n8,<b>bold</b>,\n"
    started = await workshop.post(f"{DOG}/import", {"data": sheet, "action": "insert"})
    waiting = await workshop.page("jobs")
    await workshop.work()
    done = await workshop.page(waiting.rows[0])
    listed = await workshop.page("jobs")
    records = await workshop.page(f"{DOG}/records")

    assert 'data-progress="open"' in started.main
    assert "Import of CSV" in waiting.text
    assert "Waiting" in waiting.text
    assert "successfully loaded 2 of 3 records" in done.text
    assert 'data-progress="ended"' in done.main
    assert "Left out 1 row" in done.text
    assert "row 1: a record has its primary key already" in done.text
    assert "Done Ada Lovelace" in listed.text
    assert "<b>" not in records.main
    assert len(records.rows) == 5


async def test_what_is_no_csv_is_refused_before_there_is_a_job(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    cases = [
        ({"data": " "}, "data", "Paste CSV"),
        ({"data": "id,name\n"}, "data", "There is no row"),
        ({"data": "id,a/b\n1,2\n"}, "data", "Invalid column name 'a/b'"),
        ({"data": "id\n9\n", "action": "guess"}, "action", "Choose what becomes of rows"),
    ]
    for fields, field, words in cases:
        refused = (await on_sqlite.post(f"{DOG}/import", fields, status=422)).refusal
        assert refused[0] == field
        assert refused[1].startswith(words)

    assert "No jobs yet" in (await on_sqlite.page("jobs")).text


async def test_logs_are_filtered_and_analytics_count(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    await on_sqlite.house.database.write(lambda tx: requestlog.insert(tx, _entries(on_sqlite)))
    every = await on_sqlite.page("logs")
    refused = await on_sqlite.page("logs?level=warn")
    none = await on_sqlite.page("logs?text=nothing")
    wrong = await on_sqlite.page("logs?since=soon")
    second = await on_sqlite.page("logs?page=2&order=asc")
    analytics = await on_sqlite.page("analytics")
    seen = await on_sqlite.page("analytics", at=on_sqlite.member)

    assert every.text.count("insert 200") == 100
    assert refused.text.count("sql 403 not_authorized") == 10
    assert "No line fits" in none.text
    assert "is invalid" in wrong.text
    assert second.text.count("UTC") >= 30
    assert "Records 3 now" in analytics.text
    assert "Tables 1 in 1 database" in seen.text


def _entries(workshop: Workshop) -> list[Entry]:
    now = micros(workshop.house.clock.now())
    return [
        Entry(
            id=f"req_{number:026}",
            account_id=workshop.organization.sandbox.id,
            workspace_id=None,
            credential_id=None,
            method="POST",
            path="/",
            route="sql" if number < 10 else "insert",
            status=403 if number < 10 else 200,
            duration_us=1_000,
            error_code="not_authorized" if number < 10 else None,
            client="10.0.0.1",
            client_request_id=None,
            request_body=None,
            response_body=None,
            created_at=now + number,
        )
        for number in range(130)
    ]
