"""The seventh chapter: SIGKILL in the middle of a burst, and a count of everything afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from harbor.cli.demo_show.burst import EVENTS, THREADS, TYPE, Burst
from harbor.cli.demo_show.findings import ANY
from harbor.cli.demo_show.screen import Bars
from harbor.cli.demo_show.story import ARRIVE_S_MAX, Stage
from harbor_sdk import Harbor

LOOK_S: Final = 0.05
REPEATED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Killing:
    """What happened around the kill. `stored_unanswered` are requests whose event was kept though no answer came."""

    process_id: int
    answered_before: int
    delivered_before: int
    unanswered: int
    stored_unanswered: int
    down_ms: int
    arrivals: int
    duplicates: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


def kill_and_count(stage: Stage) -> Killing:
    """Kill the server during a burst, start it again, and look for every event that was answered with 201."""
    screen, server = stage.screen, stage.server
    screen.chapter("Kill -9", f"{EVENTS} events from {THREADS} threads; the server is killed in the middle.")
    process_id, before = server.process_id, len(stage.receiver.arrivals)
    # Deliveries are counted from here on, not shown line by line.
    stage.receiver.show = lambda _arrival: None
    with (
        Burst(stage.harbor, stage.shop.workspace_id) as burst,
        screen.progress(answered=EVENTS, delivered=EVENTS) as bars,
    ):
        while not burst.is_midway(LOOK_S):
            _show(stage, burst, bars)
        answered_before, delivered_before = len(burst.answered), len(_delivered(stage))
        killed = time.monotonic()
        burst.break_off(server.kill)
        screen.fact(
            "Killed",
            f"process {process_id}, after {answered_before} answers and {delivered_before} deliveries",
            "yellow",
        )
        server.start()
        down_ms = round((time.monotonic() - killed) * 1000)
        screen.fact("Started", f"process {server.process_id}, {down_ms} ms later", "green")
        burst.go_on()
        while not burst.is_done:
            _show(stage, burst, bars)
            time.sleep(LOOK_S)
        wanted = burst.answered_ids().keys()
        deadline = time.monotonic() + ARRIVE_S_MAX
        while not wanted <= _delivered(stage) and time.monotonic() < deadline:
            _show(stage, burst, bars)
            time.sleep(LOOK_S)
        _show(stage, burst, bars)
    _count(stage, burst)
    arrivals = stage.receiver.arrivals[before:]
    wrong = sum(not arrival.is_genuine for arrival in arrivals)
    stage.findings.add("deliveries with a wrong signature", expected=0, seen=wrong)
    killing = Killing(
        process_id=process_id,
        answered_before=answered_before,
        delivered_before=delivered_before,
        unanswered=len(burst.unanswered),
        stored_unanswered=burst.stored_unanswered,
        down_ms=down_ms,
        arrivals=len(arrivals),
        duplicates=len(arrivals) - len({arrival.event_id for arrival in arrivals}),
    )
    _explain(stage, killing)
    return killing


def _show(stage: Stage, burst: Burst, bars: Bars) -> None:
    burst.check()
    bars(answered=len(burst.answered), delivered=len(_delivered(stage)))


def _count(stage: Stage, burst: Burst) -> None:
    """Compare what was answered with what is stored and what arrived."""
    harbor, workspace_id, findings = stage.harbor, stage.shop.workspace_id, stage.findings
    answered = burst.answered_ids()
    stored = [event.id for event in harbor.events.list_auto(workspace_id=workspace_id, type=TYPE)]
    findings.add("events answered with 201 around kill -9", expected=EVENTS, seen=len(answered))
    findings.add("  of them stored, says the API", expected=EVENTS, seen=len(answered.keys() & set(stored)))
    findings.add("  of them arrived at the receiver", expected=EVENTS, seen=len(answered.keys() & _delivered(stage)))
    findings.add("  of them delivered, says the API", expected=EVENTS, seen=_ended(harbor, workspace_id, answered))
    again = sum(burst.post(number).id == burst.answered[number].id for number in range(REPEATED))
    findings.add("keys sent again that gave the same event", expected=REPEATED, seen=again)
    stored = [event.id for event in harbor.events.list_auto(workspace_id=workspace_id, type=TYPE)]
    findings.add("events created twice", expected=0, seen=len(stored) - len(answered))


def _ended(harbor: Harbor, workspace_id: str, answered: Mapping[str, int]) -> int:
    """How many events have a delivery that ended well. Its end is written just after the receiver's answer."""
    deadline = time.monotonic() + ARRIVE_S_MAX
    while True:
        deliveries = harbor.deliveries.list_auto(workspace_id=workspace_id, event_type=TYPE, status="delivered")
        ended = len(answered.keys() & {delivery.event_id for delivery in deliveries})
        if ended == len(answered) or time.monotonic() > deadline:
            return ended
        time.sleep(LOOK_S)


def _explain(stage: Stage, killing: Killing) -> None:
    screen, findings = stage.screen, stage.findings
    screen.fact("No answer", f"{killing.unanswered} requests; sent again with the same idempotency key.")
    screen.fact("", f"{killing.stored_unanswered} of them had been stored: there the same event came back.")
    screen.fact("Twice", f"{killing.duplicates} came again: the kill came before their arrival was noted.")
    screen.fact("", "Deliveries are at least once: receivers handle each event id once.")
    findings.add("deliveries that came twice", expected=ANY, seen=killing.duplicates)


def _delivered(stage: Stage) -> set[str]:
    return {a.event_id for a in stage.receiver.arrivals if a.event_type == TYPE and a.status == 200}
