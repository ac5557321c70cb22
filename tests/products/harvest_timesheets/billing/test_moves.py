"""The states of invoices and estimates, without storage: every pair of state and event."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from harbor.kernel.errors import Conflict, Invalid
from harbor.products.harvest_timesheets.estimates import model as estimates
from harbor.products.harvest_timesheets.invoices import moves
from harbor.products.harvest_timesheets.invoices.model import Invoice, State, due_on
from harbor.products.harvest_timesheets.invoices.moves import Event

NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)
DAY = date(2026, 5, 25)
ALLOWED = {
    (State.DRAFT, Event.SEND): State.OPEN,
    (State.OPEN, Event.DRAFT): State.DRAFT,
    (State.OPEN, Event.CLOSE): State.CLOSED,
    (State.CLOSED, Event.REOPEN): State.OPEN,
}
ALLOWED_OF_ESTIMATES = {
    ("draft", "send"): "sent",
    ("sent", "accept"): "accepted",
    ("sent", "decline"): "declined",
    ("accepted", "re-open"): "sent",
    ("declined", "re-open"): "sent",
}


def invoice(state: State = State.OPEN, *, amount_e2: int = 100, paid_e2: int = 0) -> Invoice:
    """An invoice in a state."""
    return Invoice(
        account_id="acc",
        id=1,
        client_id=1,
        client_key="k",
        number="1",
        currency="USD",
        state=state,
        amount_e2=amount_e2,
        paid_e2=paid_e2,
        issued_on=DAY,
        due_on=DAY,
        payment_term="custom",
        creator_id=1,
        creator_name="Ada",
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_invoices_move_as_the_table_says(state: State, event: Event) -> None:
    if (state, event) in ALLOWED:
        assert moves.moved(invoice(state), event, NOW).state is ALLOWED[state, event]
    else:
        with pytest.raises(Conflict, match=f"Invoice is {state}, so the event {event} is not possible"):
            moves.moved(invoice(state), event, NOW)


def test_moves_set_and_clear_their_moments() -> None:
    sent = moves.moved(invoice(State.DRAFT), Event.SEND, NOW)
    closed = moves.moved(sent, Event.CLOSE, NOW)

    assert (sent.sent_at, moves.moved(sent, Event.DRAFT, NOW).sent_at) == (NOW, None)
    assert (closed.closed_at, moves.moved(closed, Event.REOPEN, NOW).closed_at) == (NOW, None)


def test_a_mail_opens_a_draft_and_leaves_what_is_paid() -> None:
    assert moves.mailed(invoice(State.DRAFT), NOW).state is State.OPEN
    assert moves.mailed(invoice(State.OPEN), NOW).sent_at == NOW
    assert moves.mailed(invoice(State.PAID), NOW) == invoice(State.PAID)
    with pytest.raises(Conflict, match="closed"):
        moves.mailed(invoice(State.CLOSED), NOW)


# State, amount, paid, whether anything was paid; the state afterwards.
SETTLED = [
    (State.OPEN, 100, 40, True, State.OPEN),
    (State.OPEN, 100, 100, True, State.PAID),
    (State.OPEN, 100, 130, True, State.PAID),
    (State.OPEN, 0, 0, False, State.OPEN),
    (State.DRAFT, 100, 40, True, State.DRAFT),
    (State.DRAFT, 100, 100, True, State.PAID),
    (State.PAID, 100, 40, True, State.OPEN),
    (State.PAID, 100, 0, False, State.OPEN),
    (State.PAID, 100, 130, True, State.PAID),
    (State.CLOSED, 100, 100, True, State.CLOSED),
]


@pytest.mark.parametrize(("state", "amount_e2", "paid_e2", "has_paid", "expected"), SETTLED)
def test_payments_settle_an_invoice(
    state: State, amount_e2: int, paid_e2: int, has_paid: bool, expected: State
) -> None:
    latest = (NOW, DAY) if has_paid else None

    after = moves.settled(invoice(state, amount_e2=amount_e2, paid_e2=paid_e2), latest)

    assert after.state is expected
    assert (after.paid_at, after.paid_on) == ((NOW, DAY) if expected is State.PAID else (None, None))


@pytest.mark.parametrize(("state", "event"), list(product(estimates.State, estimates.Event)))
def test_estimates_move_as_the_table_says(state: estimates.State, event: estimates.Event) -> None:
    before = replace(ESTIMATE, state=state)
    expected = ALLOWED_OF_ESTIMATES.get((state.value, event.value))
    if expected is None:
        with pytest.raises(Conflict, match=f"Estimate is {state}, so the event {event} is not possible"):
            estimates.moved(before, event, NOW)
    else:
        after = estimates.moved(before, event, NOW)
        assert after.state == expected
        moments = (after.sent_at, after.accepted_at, after.declined_at)
        assert moments.count(NOW) == (0 if event is estimates.Event.REOPEN else 1)


def test_a_mail_sends_an_estimate_unless_it_was_answered() -> None:
    found = {state: estimates.mailed(replace(ESTIMATE, state=state), NOW).state for state in estimates.State}

    assert found == {
        estimates.State.DRAFT: "sent",
        estimates.State.SENT: "sent",
        estimates.State.ACCEPTED: "accepted",
        estimates.State.DECLINED: "declined",
    }


def test_events_are_known_by_their_words() -> None:
    assert (estimates.known_event("reopen"), moves.known_event(" Re-Open ")) == ("re-open", "re-open")
    for known in (moves.known_event, estimates.known_event):
        with pytest.raises(Invalid, match="Event type must be one of send"):
            known("view")


def test_terms_count_days_from_the_issue() -> None:
    assert due_on(date(2026, 1, 31), "net 30", None) == date(2026, 3, 2)
    assert due_on(date.max, "net 60", None) == date.max
    assert due_on(DAY, "custom", date(2020, 1, 1)) == date(2020, 1, 1)


ESTIMATE = estimates.Estimate(
    account_id="acc",
    id=1,
    client_id=1,
    client_key="k",
    number="1",
    currency="USD",
    issued_on=DAY,
    creator_id=1,
    creator_name="Ada",
    created_at=NOW,
    updated_at=NOW,
)
