from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import make_delivery, make_event, make_webhook
from tests.kernel.retention.sweeping import Desk, Watched

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.cursors import store as cursors
from harbor.kernel.cursors.store import Issued
from harbor.kernel.errors import Unavailable
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.idempotency.store import Slot
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.requestlog import store as requestlog
from harbor.kernel.retention import jobs
from harbor.kernel.retention.jobs import SCHEDULES, RetentionPolicy, retention_kinds

DAY_S = 86_400
HOUR_S = 3_600


def sweep(name: str, policy: RetentionPolicy | None = None) -> JobKind:
    (kind,) = [each for each in retention_kinds(policy or RetentionPolicy()) if each.name == name]
    return kind


def test_each_kind_is_scheduled_once() -> None:
    assert sorted(schedule.kind for schedule in SCHEDULES) == sorted(
        kind.name for kind in retention_kinds(RetentionPolicy())
    )


def test_a_negative_term_is_refused() -> None:
    with pytest.raises(AssertionError):
        RetentionPolicy(audit_days=-1)


# Attempts


def delivered(call: Call, attempts: int = 2) -> str:
    delivery = make_delivery(
        call, event=make_event(call), webhook=make_webhook(call, events=["nothing"]), attempts=attempts
    )
    return delivery.id


async def with_body(desk: Desk) -> int:
    return (
        await desk.column(
            "SELECT count(*) AS n FROM attempts WHERE response_body IS NOT NULL OR response_headers IS NOT NULL"
        )
    )[0]


async def test_answers_of_attempts_are_forgotten_after_their_days_and_the_attempts_stay(desk: Desk) -> None:
    await desk.write(delivered)
    desk.clock.advance(29 * DAY_S)
    await desk.write(delivered)
    kind = sweep(jobs.ATTEMPTS)

    desk.clock.advance(DAY_S)
    await desk.run(kind)
    assert await with_body(desk) == 4

    desk.clock.advance(1)
    job = await desk.run(kind)
    assert (await with_body(desk), await desk.count("attempts")) == (2, 4)
    assert job.progress.done == 2

    desk.clock.advance(29 * DAY_S)
    await desk.run(kind)
    assert await with_body(desk) == 0
    assert await desk.column("SELECT DISTINCT response_status FROM attempts") == [503]


async def test_a_run_looks_only_at_the_time_since_the_last_one(desk: Desk) -> None:
    await desk.write(delivered)
    desk.clock.advance(31 * DAY_S)
    kind = sweep(jobs.ATTEMPTS)
    first = await desk.run(kind)
    # An answer that comes back to life shows where the next run begins to look.
    await desk.write(lambda call: call.tx.run("UPDATE attempts SET response_body = 'back'"))

    desk.clock.advance(HOUR_S)
    second = await desk.run(kind)

    assert first.result is not None
    assert second.result == {"until_us": first.result["until_us"] + HOUR_S * 1_000_000, "rows": 0}
    assert await with_body(desk) == 2


async def test_a_longer_term_leaves_what_was_forgotten_and_a_shorter_one_catches_up(desk: Desk) -> None:
    await desk.write(delivered)
    desk.clock.advance(20 * DAY_S)
    await desk.run(sweep(jobs.ATTEMPTS, RetentionPolicy(attempt_days=30)))
    await desk.run(sweep(jobs.ATTEMPTS, RetentionPolicy(attempt_days=60)))
    assert await with_body(desk) == 2

    await desk.run(sweep(jobs.ATTEMPTS, RetentionPolicy(attempt_days=10)))
    assert await with_body(desk) == 0


async def test_zero_days_keep_answers_as_long_as_their_events(desk: Desk) -> None:
    await desk.write(delivered)
    desk.clock.advance(5_000 * DAY_S)

    await desk.run(sweep(jobs.ATTEMPTS, RetentionPolicy(attempt_days=0)))

    assert await with_body(desk) == 2


async def test_thousands_of_answers_are_forgotten_in_steps_also_over_a_crash(desk: Desk) -> None:
    def many(call: Call) -> None:
        webhook = make_webhook(call, events=["nothing"])
        call.tx.run_many(
            """
            INSERT INTO attempts (account_id, delivery_id, number, id, subscription_id, trigger, started_at, duration_ms, url,
                response_body, response_truncated)
            VALUES (:account_id, :id, 1, :id, :webhook, 'automatic', :at, 1, 'https://a.example', 'ok', 0)
            """,
            [
                # Many share a moment: they are on one side of a step or on the other.
                {
                    "account_id": call.account_id,
                    "id": f"att_{n:06}",
                    "webhook": webhook.id,
                    "at": call.tx.now_us + n // 7,
                }
                for n in range(3_000)
            ],
        )

    await desk.write(many)
    desk.clock.advance(31 * DAY_S)
    kind = sweep(jobs.ATTEMPTS)
    # Nothing is deleted, so the watch counts no step; the claim is the first write and the second is a step.
    with pytest.raises(Unavailable):
        await desk.run(kind, _EndsAfterWrites(desk, 2))
    left = await with_body(desk)
    assert 0 < left < 3_000

    await desk.database.write(queue.recover_all)
    job = await desk.go_on(kind)

    assert await with_body(desk) == 0
    assert job.progress.done == 3_000


class _EndsAfterWrites(Watched):
    def __init__(self, desk: Desk, writes_max: int) -> None:
        super().__init__(desk.database)
        self._left = writes_max

    async def write(self, work, *, lane=None):  # type: ignore[no-untyped-def]
        self._left -= 1
        if self._left < 0:
            raise Unavailable("The process is gone.")
        return await super().write(work, lane=lane)


# Logs


def request(call: Call) -> None:
    entry = requestlog.Entry(
        id=call.new_id("req_"),
        account_id=call.account_id,
        workspace_id=None,
        credential_id=None,
        method="GET",
        path="/v1/events",
        route="events.list",
        status=200,
        duration_us=1,
        error_code=None,
        client="10.0.0.1",
        client_request_id=None,
        request_body=None,
        response_body=None,
        created_at=call.tx.now_us,
    )
    requestlog.insert(call.tx, [entry])


def act(call: Call) -> None:
    call.emit("harbor.webhook.created", subject="wh_x", data={})


@pytest.mark.parametrize(
    ("name", "table", "days", "make"),
    [(jobs.REQUEST_LOGS, "request_logs", 7, request), (jobs.AUDIT, "audit", 365, act)],
)
async def test_logs_go_after_their_days_in_every_account(desk: Desk, name: str, table: str, days: int, make) -> None:  # type: ignore[no-untyped-def]
    for account_id in (desk.account_id, desk.other_id):
        await desk.write(make, account_id)
    desk.clock.advance(DAY_S)
    await desk.write(make, desk.other_id)

    desk.clock.advance((days - 1) * DAY_S)
    await desk.run(sweep(name))
    assert await desk.count(table) == 3

    desk.clock.advance(1)
    await desk.run(sweep(name))
    assert await desk.column(f"SELECT account_id FROM {table}") == [desk.other_id]


@pytest.mark.parametrize(
    ("name", "table", "make"), [(jobs.REQUEST_LOGS, "request_logs", request), (jobs.AUDIT, "audit", act)]
)
async def test_zero_days_keep_logs_for_ever(desk: Desk, name: str, table: str, make) -> None:  # type: ignore[no-untyped-def]
    await desk.write(make)
    desk.clock.advance(10_000 * DAY_S)

    await desk.run(sweep(name, RetentionPolicy(request_log_days=0, audit_days=0)))

    assert await desk.count(table) == 1


async def test_thousands_of_log_lines_go_in_steps(desk: Desk) -> None:
    def many(call: Call) -> None:
        for _ in range(2_500):
            request(call)

    await desk.write(many)
    await desk.write(many, desk.other_id)
    desk.clock.advance(8 * DAY_S)
    watched = Watched(desk.database)

    job = await desk.run(sweep(jobs.REQUEST_LOGS), watched)

    assert await desk.count("request_logs") == 0
    assert max(watched.steps) <= 2_000
    assert sum(watched.steps) == job.progress.done == 5_000


# Idempotency, cursors, sessions


async def test_idempotency_records_go_when_their_window_is_over(desk: Desk) -> None:
    def remember(call: Call, key: str) -> None:
        slot = Slot(account_id=call.account_id, workspace_id="ws_1", route="events.create", key=key)
        idempotency.remember(call.tx, slot, digest="d", status=201, reply="r")

    await desk.write(lambda call: remember(call, "first"))
    desk.clock.advance(HOUR_S)
    await desk.write(lambda call: remember(call, "second"))
    desk.clock.advance(23 * HOUR_S + 1)

    await desk.run(sweep(jobs.IDEMPOTENCY))

    assert await desk.column("SELECT idempotency_key FROM idempotency") == ["second"]


def issued(call: Call, position: str, credential_id: str = "key_1", ago_us: int = 0) -> Issued:
    return Issued(
        account_id=call.account_id,
        workspace_id="ws_1",
        route="events.list",
        position=position,
        credential_id=credential_id,
        issued_at=call.tx.now_us - ago_us,
    )


async def test_a_cursor_is_known_as_long_as_what_it_names(desk: Desk) -> None:
    for account_id in (desk.account_id, desk.other_id):
        await desk.write(lambda call: cursors.note(call.tx, [issued(call, "evt_1")]), account_id)
    desk.clock.advance(90 * DAY_S)
    await desk.write(lambda call: cursors.note(call.tx, [issued(call, "evt_2")]))
    await desk.run(sweep(jobs.CURSORS))
    assert await desk.count("cursors") == 3

    desk.clock.advance(1)
    await desk.run(sweep(jobs.CURSORS))

    assert await desk.column("SELECT position FROM cursors") == ["evt_2"]


async def test_an_expired_cursor_stays_known_as_expired_where_events_live_for_a_day(desk: Desk) -> None:
    await desk.write(lambda call: cursors.note(call.tx, [issued(call, "evt_1")]))
    desk.clock.advance(DAY_S + 60)

    await desk.run(sweep(jobs.CURSORS, RetentionPolicy(event_days=1)))

    expired = await desk.write(
        lambda call: cursors.is_expired(
            call.tx, call.account_id, workspace_id="ws_1", route="events.list", position="evt_1"
        )
    )
    assert expired


async def test_a_key_keeps_its_newest_ten_thousand_cursors(desk: Desk) -> None:
    def many(call: Call) -> None:
        cursors.note(call.tx, [issued(call, f"evt_{n:05}", ago_us=n) for n in range(12_500)])
        cursors.note(call.tx, [issued(call, f"evt_x{n}", "key_2", ago_us=10**12) for n in range(10)])

    await desk.write(many)
    watched = Watched(desk.database)

    job = await desk.run(sweep(jobs.CURSORS, RetentionPolicy(event_days=0)), watched)

    assert await desk.column("SELECT max(position) AS p FROM cursors WHERE credential_id = 'key_1'") == ["evt_09999"]
    assert (await desk.count("cursors", credential_id="key_1"), await desk.count("cursors", credential_id="key_2")) == (
        10_000,
        10,
    )
    assert max(watched.steps) <= 2_000
    assert job.progress.done == 2_500


async def test_sessions_go_when_they_are_over_or_were_ended(desk: Desk) -> None:
    now_us = micros(desk.clock.now())
    hour_us = micros(desk.clock.now() + timedelta(hours=1))

    def add(call: Call) -> None:
        call.tx.run_many(
            """
            INSERT INTO sessions (digest, id, person_id, client, created_at, expires_at, revoked_at)
            VALUES (:digest, :digest, 'ppl_1', 'Firefox', 0, :expires_at, :revoked_at)
            """,
            [
                {
                    "digest": f"{n * 7919 % 1000:04}",
                    "expires_at": now_us if n % 3 == 0 else hour_us,
                    "revoked_at": now_us if n % 3 == 1 else None,
                }
                for n in range(900)
            ],
        )

    await desk.write(add)

    job = await desk.run(sweep(jobs.SESSIONS))

    assert job.progress.done == 600
    assert await desk.column(
        "SELECT count(*) AS n FROM sessions WHERE revoked_at IS NULL AND expires_at > :now", now=now_us
    ) == [300]
