"""Snapshots: the one place of the log that may hold a person's content, blanked by its subject."""

from __future__ import annotations

from tests.factories import make_event
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.eventlog import snapshots
from harbor.kernel.eventlog.model import Event


def told(call: Call, subject: str) -> Event:
    return call.emit("harvest.client.created", subject=subject, data={})


async def test_a_view_keeps_one_snapshot_of_an_event(probe: Probe) -> None:
    def act(call: Call) -> list[str | None]:
        event = told(call, "7")
        snapshots.keep_snapshot(call.tx, event, "a", "first")
        snapshots.keep_snapshot(call.tx, event, "a", "second")
        snapshots.keep_snapshot(call.tx, event, "b", "other")
        return [snapshots.snapshot_of(call.tx, event, view) for view in ("a", "b", "c")]

    assert await probe.write(act) == ["first", "other", None]


async def test_snapshots_are_found_and_blanked_by_their_subject(probe: Probe) -> None:
    def act(call: Call) -> None:
        about = [told(call, subject) for subject in ("7", "7", "8")]
        for event in about:
            for view in ("a", "b"):
                snapshots.keep_snapshot(call.tx, event, view, "Ada")
        found = snapshots.events_about(call.tx, call.account_id, "harvest", "7")
        assert sorted(found) == [about[0].id, about[1].id]
        assert snapshots.events_about(call.tx, call.account_id, "harper", "7") == []

        assert snapshots.blank_snapshots(call.tx, call.account_id, "harvest", "7") == 4

        left = [snapshots.snapshot_of(call.tx, event, "a") for event in about]
        assert left == [None, None, "Ada"]

    await probe.write(act)


async def test_accounts_do_not_blank_each_others(probe: Probe) -> None:
    event = await probe.write(lambda call: told(call, "7"))
    await probe.write(lambda call: snapshots.keep_snapshot(call.tx, event, "a", "Ada"))

    other = probe.organization.production
    blanked = await probe.house.write(
        other, lambda call: snapshots.blank_snapshots(call.tx, call.account_id, "harvest", "7")
    )

    assert blanked == 0
    assert await probe.read(lambda call: snapshots.snapshot_of(call.tx, event, "a")) == "Ada"


async def test_snapshots_go_with_their_events(probe: Probe) -> None:
    def act(call: Call) -> list[str | None]:
        kept, purged = make_event(call), make_event(call)
        for event in (kept, purged):
            snapshots.keep_snapshot(call.tx, event, "a", "x")
        snapshots.delete_of(call.tx, call.account_id, [purged.id])
        return [snapshots.snapshot_of(call.tx, event, "a") for event in (kept, purged)]

    assert await probe.write(act) == ["x", None]


async def test_an_event_without_a_subject_has_snapshots_too(probe: Probe) -> None:
    def act(call: Call) -> str | None:
        event = make_event(call)
        snapshots.keep_snapshot(call.tx, event, "a", "x")
        return snapshots.snapshot_of(call.tx, event, "a")

    assert await probe.write(act) == "x"
