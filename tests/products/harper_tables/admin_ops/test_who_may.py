"""Who may do what: everything of administration is for super users, and what reaches the machine for the operator's."""

from __future__ import annotations

import pytest
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance

from harbor.products.harper_tables.admin_ops.operations import OPERATIONS

ANYBODY = {"registration_info", "list_metrics", "describe_metric", "get_analytics"}
ERROR = "This operation is not authorized due to role restrictions and/or invalid database items"


async def test_operations_are_for_super_users(one_operator: Instance) -> None:
    tor = await one_operator.user("tor", {"super_user": False})

    assert {each.name for each in OPERATIONS if each.only is None} == ANYBODY
    for operation in OPERATIONS:
        if operation.name in ANYBODY:
            continue
        reply = await tor.ask(operation.name)
        assert (reply.status, reply.json()) == (
            403,
            {
                "error": ERROR,
                "unauthorized_access": [f"Operation '{operation.only}' is restricted to 'super_user' roles"],
                "invalid_schema_items": [],
            },
        ), operation.name
    for name in ANYBODY:
        assert (await tor.ask(name, metric="table-size")).status == 200, name


@pytest.mark.parametrize(
    ("operation", "function"),
    [("restart", "restart"), ("restart_service", "restartService"), ("set_configuration", "setConfiguration")],
)
async def test_the_machine_is_the_operators(one_engine: Instance, operation: str, function: str) -> None:
    refusal = [f"Operation '{function}' is restricted to 'super_user' roles"]

    reply = await one_engine.ask(operation, service="http", logging_level="warn")
    assert (reply.status, reply.json()["unauthorized_access"]) == (403, refusal)

    restarts = await make_operator(one_engine)
    listed = await one_engine.user("tor", {"super_user": False, "operations": [operation]})
    reply = await listed.ask(operation, service="http", logging_level="warn")
    assert (reply.status, reply.json()["unauthorized_access"], restarts) == (403, refusal, [])
    await one_engine.do(operation, service="http") if operation != "set_configuration" else await one_engine.do(
        operation, logging_level="warn"
    )


async def test_a_customer_learns_nothing_of_the_machine(one_engine: Instance) -> None:
    await one_engine.table(records=[{"id": 1}])

    told = await one_engine.do("system_information")

    assert list(told) == ["table_size", "metrics", "replication"]
    assert await one_engine.do("get_analytics", metric="utilization") == []
    await make_operator(one_engine)
    assert {"cpu", "memory", "disk", "table_size"} <= set(await one_engine.do("system_information"))
    assert list(await one_engine.do("system_information", attributes=["memory", "time"])) == ["time", "memory"]
    (row,) = await one_engine.do(
        "get_analytics",
        metric="table-size",
        get_attributes=["table", "size"],
        conditions=[{"attribute": "database", "comparator": "equals", "value": "press"}],
    )
    assert list(row) == ["id", "metric", "table", "size"]


async def test_the_log_tells_of_the_accounts_requests(one_engine: Instance) -> None:
    await one_engine.ask("describe_table", table="none")
    await one_engine.do("describe_all")
    await one_engine.house.settle()

    lines = await one_engine.do("read_log", level="warn", order="desc", limit=1)

    assert [(each["level"], each["message"].split()[:2]) for each in lines] == [("warn", ["describe_table", "404"])]
    assert await one_engine.do("read_log", log_name="install.log") == []


async def test_secrets_are_sealed_and_stay_secret(instance: Instance) -> None:
    await instance.do("add_ssh_key", name="forge", host="a", hostname="b", key="very-private")
    await instance.do("set_secret", name="API_KEY", value="very-private")

    rows = await instance.house.database.read(lambda tx: tx.rows("SELECT doc, secret FROM harper_kept"))

    assert rows
    assert not any("very-private" in f"{row['doc']}{row['secret']}" for row in rows)
    assert b"very-private" not in (await instance.ask("list_secrets")).body


async def test_the_audit_is_shortened_by_a_job(instance: Instance) -> None:
    await instance.table(records=[{"id": 1}])
    where = {"database": "press", "table": "article"}
    assert len(await instance.do("read_audit_log", **where)) == 1

    started = await instance.do("delete_audit_logs_before", **where, timestamp=4_000_000_000_000)
    assert started["message"] == f"Starting job with id {started['job_id']}"
    await instance.house.settle()

    assert await instance.do("read_audit_log", **where) == []
    (job,) = await instance.do("get_job", id=started["job_id"])
    assert (job["type"], job["status"]) == ("delete_audit_logs_before", "COMPLETE")


@pytest.mark.parametrize("is_packed", [True, False])
async def test_a_backup_is_sent_as_a_tar(one_engine: Instance, is_packed: bool) -> None:
    await one_engine.table(records=[{"id": 1, "title": "Tides"}])

    reply = await one_engine.ask("get_backup", database="press", gzip=is_packed, include_audit=True)

    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.body[:2] == b"\x1f\x8b" if is_packed else b"Tides" in reply.body
