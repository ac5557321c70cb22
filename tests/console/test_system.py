"""The page of the installation."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.console.session import sign_in
from tests.factories import Organization, make_delivery, make_event, make_webhook
from tests.harness import House

from harbor.console.system import machine, words
from harbor.kernel.call import Call
from harbor.kernel.identity.people_model import Role
from harbor.kernel.jobs import queue


async def test_it_shows_versions_queue_jobs_and_storage(house: House, acme: Organization, tmp_path: Path) -> None:
    ada = await sign_in(house, acme, role=Role.ADMIN)
    (tmp_path / "blobs" / "acc").mkdir(parents=True)
    (tmp_path / "blobs" / "acc" / "one").write_bytes(b"x" * 2_048)

    def fill(call: Call) -> None:
        make_delivery(call, event=make_event(call), webhook=make_webhook(call), due_in=timedelta(seconds=-90))
        queue.enqueue(call.tx, call.account_id, "some.kind", {}, job_id="job_1")

    await house.write(acme.sandbox, fill)

    page = await ada.get("/system")
    text = page.body.decode()

    assert page.status == 200
    assert all(word in text for word in ("1.2.3", "Manual", "2.0 KiB", "1 min 30 s"))
    assert ("SQLite" if house.database.engine == "sqlite" else "PostgreSQL") in text
    assert 'href="/metrics"' in text


async def test_failed_jobs_are_named(house: House, acme: Organization) -> None:
    ada = await sign_in(house, acme)

    def fail(call: Call) -> None:
        for number in range(3):
            queue.enqueue(call.tx, call.account_id, "mail.send", {}, job_id=f"job_{number}")
        call.tx.run("UPDATE jobs SET state = 'failed', finished_at = :now", now=call.tx.now_us)

    await house.write(acme.production, fail)

    text = (await ada.get("/system")).body.decode()

    assert "mail.send" in text
    assert "3 failed" in text


async def test_it_is_for_the_operators_owners_and_administrators(house: House, acme: Organization) -> None:
    other = await sign_in(house, await house.organization("Other"))
    member = await sign_in(house, acme, role=Role.MEMBER)
    owner = await sign_in(house, acme)

    assert ((await other.get("/system")).status, (await member.get("/system")).status) == (404, 403)
    link = b'href="/console/system"'
    assert [link in (await who.get("/account")).body for who in (owner, other, member)] == [True, False, False]


async def test_nobody_else_makes_the_server_walk_through_its_files(
    house: House, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await sign_in(house, await house.organization("Other"))
    owner = await sign_in(house, acme)
    walks: list[Path] = []
    size = machine._size

    def walk(folder: Path) -> tuple[int, bool]:
        walks.append(folder)
        return size(folder)

    monkeypatch.setattr(machine, "_size", walk)
    await other.get("/system")
    before = len(walks)
    await owner.get("/system")

    assert (before, len(walks)) == (0, 1)


@pytest.mark.parametrize(
    ("bytes_", "shown"),
    [(0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (1 << 60, "1024.0 PiB")],
)
def test_sizes_are_said_in_words(bytes_: int, shown: str) -> None:
    assert words.size(bytes_) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(milliseconds=140), "140 ms"),
        (timedelta(seconds=-3), "0 ms"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=3, minutes=4), "3 h 4 min"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
    ],
)
def test_times_are_said_in_words(length: timedelta, shown: str) -> None:
    assert words.span(length) == shown
