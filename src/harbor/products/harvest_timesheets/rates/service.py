"""What may be done with rates, and what follows: entries that are not invoiced are priced anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.rates import store
from harbor.products.harvest_timesheets.rates.model import Rate, RateKind, with_ends
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.telling import tell


def of_user(call: Call, kind: RateKind, user_id: int) -> list[Rate]:
    """A person's rates, the oldest first, with their ends."""
    return with_ends(store.oldest_first(call.tx, call.account_id, kind, user_id))


def find(call: Call, kind: RateKind, user_id: int, rate_id: int) -> Rate:
    """One of a person's rates. Raises `Missing`."""
    found = next((rate for rate in of_user(call, kind, user_id) if rate.id == rate_id), None)
    if found is None:
        raise Missing(f"There is no {kind} rate {rate_id} of this person.")
    return found


def add(call: Call, kind: RateKind, user_id: int, *, amount_e4: int, start_on: date | None) -> Rate:
    """A new rate of a person.

    Without a start it replaces all others; with one it replaces those that begin then or later, and ends the one before.
    Raises `Invalid` for a start in the future. Source: docs/products/harvest.md#rates.
    """
    here = company.of(call)
    if start_on is not None and start_on > here.day_of(call.tx.now):
        raise problem("start_date", "can't be in the future")
    call.tx.lock("harvest.rates", call.account_id, user_id)
    # On the first day of all it leaves no day to the one before.
    store.delete_from(call.tx, call.account_id, kind, user_id, None if start_on == date.min else start_on)
    store.touch_last(call.tx, call.account_id, kind, user_id)
    rate = insert(call, kind, user_id, amount_e4=amount_e4, start_on=start_on)
    tell(call, f"{kind}_rate.created", rate.id, after=rate, user_id=user_id)
    pricing.reprice(call, here, user_id=user_id, from_day=None if start_on is None else start_on.isoformat())
    return rate


def insert(call: Call, kind: RateKind, user_id: int, *, amount_e4: int, start_on: date | None) -> Rate:
    """A rate of a person who has tracked nothing yet: their first one."""
    rate = Rate(
        account_id=call.account_id,
        kind=kind,
        id=call.next_serial(f"harvest_{kind}_rates"),
        user_id=user_id,
        amount_e4=amount_e4,
        start_on=start_on,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, rate)
    return rate


def in_force(call: Call, user_ids: Iterable[int], day: date) -> Mapping[tuple[int, RateKind], int]:
    """The rates of people on a day, in ten-thousandths."""
    return store.in_force(call.tx, call.account_id, user_ids, day)


def forget(call: Call, user_id: int) -> None:
    """Remove the rates of a person who is deleted."""
    store.delete_all(call.tx, call.account_id, user_id)
