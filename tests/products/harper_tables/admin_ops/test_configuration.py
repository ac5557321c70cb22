"""The configuration: what outweighs what, which values can be, and what follows from those in force."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.app import harper as composition
from harbor.app.harper import Harper
from harbor.app.listening import listeners
from harbor.kernel.clock import ManualClock
from harbor.kernel.errors import StartRefused
from harbor.kernel.http.reopening import Reopening
from harbor.kernel.jobs import queue
from harbor.kernel.settings import Settings
from harbor.products.harper_tables.admin_ops.configuration.in_force import TOOL, Configuration
from harbor.products.harper_tables.admin_ops.configuration.keys import find
from harbor.products.harper_tables.records.upkeep import OUTDATE

DAY_S = 86_400


def test_what_the_process_was_started_with_outweighs_what_is_stored_and_that_the_default() -> None:
    configuration = Configuration({"logging_auditRetention": "9d"})
    assert configuration["authentication_cacheTTL"] == 30_000

    configuration.renew({"logging_auditRetention": "5d", "authentication_cacheTTL": 0})

    assert (configuration["logging_auditRetention"], configuration["authentication_cacheTTL"]) == ("9d", 0)
    assert not configuration.is_behind({"logging_auditRetention": "1d", "authentication_cacheTTL": 0})
    assert configuration.is_behind({})


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("operationsApi_network_port", [9925, None], ["9925", 0, 65_536, True, 1.5]),
        ("authentication_operationTokenTimeout", ["15m", 900, "1 d"], ["soon", 0, "-1d", [], True]),
        ("authentication_hashFunction", ["argon2id"], ["md5", 7]),
        ("logging_level", ["warn", "notify"], ["loud", 1]),
        ("http_cors", [True, None], ["x", 1]),
    ],
)
def test_a_value_is_of_its_kind(key: str, good: list[Any], bad: list[Any]) -> None:
    found = find(key)
    assert found is not None

    assert [found.fault(value) for value in good] == [None] * len(good)
    assert None not in [found.fault(value) for value in bad]


def composed(settings: Settings, stored: dict[str, Any]) -> Harper:
    unused = cast(Any, None)
    harper = Harper(settings, unused, unused, unused, unused)
    harper.configuration.renew(stored)
    return harper


def test_a_stored_port_is_below_the_one_that_was_given() -> None:
    stored = {"operationsApi_network_port": 19_925}

    assert composed(Settings(), stored).with_stored().operations_port == 19_925
    given = Settings(operations_port=9_001, given=frozenset({"operations_port"}))
    assert composed(given, stored).with_stored().operations_port == 9_001
    # The parent has bound the sockets before anybody could look.
    assert composed(Settings(workers=2), stored).with_stored().operations_port == 9_925


def test_a_secure_port_needs_a_certificate_and_one_that_was_stored_waits_for_it() -> None:
    stored = {"operationsApi_network_securePort": 9_927}
    certificate = {"tls_certificate": Path("c.pem"), "tls_key": Path("k.pem")}

    assert composed(Settings(), stored).with_stored().operations_secure_port is None
    found = composed(Settings(**certificate), stored).with_stored()
    assert [(each.name, each.port, each.tls is None) for each in listeners(found)] == [
        ("main", 8_000, False),
        ("operations", 9_925, False),
        ("operations_secure", 9_927, False),
    ]
    with pytest.raises(StartRefused, match="HARBOR_OPERATIONS_SECURE_PORT needs --tls-certificate"):
        listeners(Settings(operations_secure_port=9_927))


def test_lifetimes_that_cannot_be_refuse_the_start() -> None:
    settings = Settings(harper_refresh_token_timeout="999y", given=frozenset({"harper_refresh_token_timeout"}))

    with pytest.raises(StartRefused, match="999y"):
        composed(settings, {}).product()


async def test_an_operators_configuration_is_read_when_a_process_starts(
    one_operator: Instance, clock: ManualClock, tmp_path: Path
) -> None:
    await one_operator.do("set_configuration", logging_level="error", authentication_refreshTokenTimeout="7d")
    settings = Settings(data=tmp_path, log_level="debug", given=frozenset({"log_level"}))
    unused = cast(Any, None)
    harper = Harper(settings, one_operator.house.database, clock, unused, unused)

    await harper.renew()

    assert harper.configuration["authentication_refreshTokenTimeout"] == "7d"
    assert harper.configuration["logging_level"] == "debug"
    tools = cast(dict[str, Any], one_operator.house.services.tools)
    tools[TOOL] = harper.configuration
    shown = await one_operator.do("get_configuration")
    assert (shown["logging"]["level"], shown["rootPath"]) == ("debug", str(tmp_path))


async def test_a_restart_is_heeded_by_every_process(
    one_operator: Instance, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "RESTARTS_LOOKED_FOR_S", 0.005)
    database, unused = one_operator.house.database, cast(Any, None)
    other = Harper(Settings(data=tmp_path), database, clock, unused, unused)
    draining, asked = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        asked.set()

    reopening = Reopening("operations", change)
    monkeypatch.setattr(reopening, "ask", asked.set)
    await database.write(composition.note_restart)  # before this process began
    await other.renew()
    clock.advance(seconds=1)
    await database.write(composition.note_restart)  # after it looked, and before it began to heed
    heeding = asyncio.create_task(other.heed_restarts(draining, reopening))
    await asyncio.wait_for(asked.wait(), 10)
    draining.set()
    await heeding

    draining.clear()
    asked.clear()
    clock.advance(seconds=1)
    await database.write(composition.note_restart)
    await other.renew()  # it began this one itself
    heeding = asyncio.create_task(other.heed_restarts(draining, reopening))
    await asyncio.sleep(0.05)
    assert not asked.is_set()
    draining.set()
    await heeding


async def test_audits_are_kept_as_long_as_configured(instance: Instance, clock: ManualClock) -> None:
    await instance.table(records=[{"id": 1}])
    tools = cast(dict[str, Any], instance.house.services.tools)
    tools[TOOL] = Configuration(stored={"logging_auditLog": False})
    await instance.do("create_table", database="press", table="quiet", primary_key="id")
    assert (await instance.do("describe_table", database="press", table="quiet"))["audit"] is False

    async def kept() -> list[Any]:
        account = instance.organization.production
        await instance.house.write(
            account, lambda call: queue.enqueue(call.tx, account.id, OUTDATE, {}, job_id=call.new_id("job_"))
        )
        await instance.house.settle()
        entries = await instance.do("read_audit_log", database="press", table="article")
        return [entry["ids"] for entry in entries]

    clock.advance(seconds=2 * DAY_S)
    await instance.do("insert", database="press", table="article", records=[{"id": 2}])
    assert await kept() == [[1], [2]]
    clock.advance(seconds=2 * DAY_S)

    assert await kept() == [[2]]
