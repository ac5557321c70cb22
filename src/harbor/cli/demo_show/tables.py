"""The fourth chapter: a table, a CSV loaded into it, a search, and SQL over it and over Harbor's events."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from harbor.cli.demo_show.story import ARRIVE_S_MAX, Stage
from harbor.cli.output import Output
from harbor.cli.tables_session import Tables, connected

ROWS: Final = 1_000
CITIES: Final = ("Bergen", "Graz", "Porto", "Turku")
HEAVY_KG: Final = 24.5
PARCEL: Final = {"database": "demo", "table": "parcel"}
BY_CITY: Final = "select city, count(*) as parcels, sum(weight_kg) as kg from demo.parcel group by city"
EVENTS: Final = "select type, count(*) as n from harbor.events where type in ('harper.table.created', 'harper.records.loaded') group by type"
LOOK_S: Final = 0.02


def fill_and_ask(stage: Stage) -> None:
    """Chapter 4: what clients of Harper do, with the address alone changed."""
    screen, findings, harper = stage.screen, stage.findings, stage.shop.made["harper"]
    screen.chapter("Tables", "Harper's API: a table, a CSV, a search and SQL, as any client of Harper asks.")
    with connected(f"{stage.server.operations}/", harper["username"], harper["password"], Output(True)) as tables:
        started = time.monotonic()
        tables.ask("create_table", **PARCEL, primary_key="id")
        loaded = _load(tables)
        screen.fact("Loaded", f"{loaded}, in {time.monotonic() - started:.1f} s")
        heavy = {"attribute": "weight_kg", "comparator": "greater_than", "value": HEAVY_KG}
        found = tables.ask("search_by_conditions", **PARCEL, conditions=[heavy], get_attributes=["id", "city"])
        screen.fact("Searched", f"{len(found)} parcels weigh more than {HEAVY_KG} kg")
        cities = _asked(stage, tables, BY_CITY)
        events = _asked(stage, tables, EVENTS)
    findings.add("rows of a CSV loaded into a table", expected=ROWS, seen=sum(each["parcels"] for each in cities))
    findings.add("  of them found by a search", expected=_heavy(), seen=len(found))
    is_told = any(each["type"] == "harper.table.created" for each in events)
    findings.add("  the table is an event, says SQL", expected="yes", seen="yes" if is_told else "no")


def _load(tables: Tables) -> str:
    rows = (f"{number},{CITIES[number % len(CITIES)]},{_weight_kg(number)}" for number in range(ROWS))
    job = tables.ask("csv_data_load", **PARCEL, data="\n".join(["id,city,weight_kg", *rows]))["job_id"]
    deadline = time.monotonic() + ARRIVE_S_MAX
    while True:
        (found,) = tables.ask("get_job", id=job)
        if found["status"] in ("COMPLETE", "ERROR") or time.monotonic() > deadline:
            return str(found["message"]).removeprefix("successfully loaded ")
        time.sleep(LOOK_S)


def _weight_kg(number: int) -> float:
    return (number * 7 % 250) / 10


def _heavy() -> int:
    return sum(_weight_kg(number) > HEAVY_KG for number in range(ROWS))


def _asked(stage: Stage, tables: Tables, statement: str) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = tables.ask("sql", sql=statement)
    stage.screen.fact("SQL", statement)
    for row in rows:
        stage.screen.fact("", "  ".join(str(value) for value in row.values()), "green")
    return rows
