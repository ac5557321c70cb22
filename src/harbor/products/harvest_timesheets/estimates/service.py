"""What may be done with estimates. Sending them and what clients say to them is in `messages.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.billing_settings import service as settings
from harbor.products.harvest_timesheets.bills import messages
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.bills.lines import applied
from harbor.products.harvest_timesheets.bills.model import BillKind, Line, LineChange, check_number, new_client_key
from harbor.products.harvest_timesheets.bills.rules import totals
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.clients.model import Client
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.estimates import store
from harbor.products.harvest_timesheets.estimates.model import (
    INVOICED,
    Estimate,
    EstimateSeen,
    Filter,
    State,
    Sum,
    check_texts,
)
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import BLANK, NOT_FOUND, TAKEN, problem
from harbor.products.harvest_timesheets.telling import tell

_KIND = BillKind.ESTIMATE


def find(call: Call, estimate_id: int) -> Estimate:
    """An estimate of the account. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, estimate_id)
    if found is None:
        raise Missing(f"There is no estimate {estimate_id}.")
    return found


def by_key(tx: Tx, client_key: str) -> Estimate | None:
    """The estimate that a public address leads to, of whatever account."""
    return store.by_key(tx, client_key)


def to_manage(call: Call) -> None:
    """Whether the caller handles estimates: administrators, and managers who may. Raises `Denied`."""
    access.require(call, AccessRole.ESTIMATES_MANAGER, "manage estimates")


def to_manage_one(call: Call, estimate_id: int) -> Estimate:
    """An estimate. Raises `Missing` and `Denied`."""
    found = find(call, estimate_id)
    to_manage(call)
    return found


def listed(call: Call, page: PageRequest, filter_: Filter) -> Listed[EstimateSeen]:
    """Estimates, those issued last first."""
    found = store.newest_issued_first(call.tx, call.account_id, page, filter_)
    return found.of(seen(call, found.items))


def sums(call: Call, filter_: Filter) -> Sequence[Sum]:
    """What the estimates of a list come to, by currency: currencies are never added up."""
    return store.sums(call.tx, call.account_id, filter_)


def lines_of(call: Call, estimate: Estimate) -> Sequence[Line]:
    """The lines of an estimate, in their order."""
    return bills.lines_of(call, _KIND, [estimate.id])[estimate.id]


def seen(call: Call, estimates: Iterable[Estimate]) -> list[EstimateSeen]:
    """Estimates with all that they are shown with, in a few queries."""
    found = list(estimates)
    of_clients = clients.named(call, (each.client_id for each in found))
    lines = bills.lines_of(call, _KIND, [each.id for each in found])
    return [EstimateSeen(estimate=each, client=of_clients[each.client_id], lines=lines[each.id]) for each in found]


def seen_one(call: Call, estimate: Estimate) -> EstimateSeen:
    """One estimate with all that it is shown with."""
    return seen(call, [estimate])[0]


def client_of(call: Call, estimate_id: int) -> int | None:
    """Whose estimate it is; None if there is no such estimate."""
    found = store.find(call.tx, call.account_id, estimate_id)
    return None if found is None else found.client_id


def invoiced(call: Call, estimate_id: int) -> None:
    """Note that an invoice was made from an estimate."""
    messages.record(call, _KIND, estimate_id, INVOICED)


def add(call: Call, client_id: int, facts: Mapping[str, Any], lines: Sequence[LineChange]) -> Estimate:
    """A new draft. `facts` are those that were given, by the fields of `Estimate`. Raises `Invalid`."""
    client = _client(call, client_id)
    own, given = settings.of(call), dict(facts)
    number = _free_number(call, given.pop("number", None))
    plain: dict[str, Any] = {"subject": own.estimate_subject, "notes": own.estimate_notes, **given}
    plain["currency"] = known_currency(given.get("currency") or client.currency)
    plain["issued_on"] = given.get("issued_on") or company.today(call)
    estimate = Estimate(
        account_id=call.account_id,
        id=call.next_serial("harvest_estimates"),
        client_id=client.id,
        client_key=new_client_key(),
        number=number,
        is_compound=own.is_compound,
        creator_id=access.me(call).user_id,
        creator_name=messages.sender(call).name or "",
        created_at=call.tx.now,
        updated_at=call.tx.now,
        **plain,
    )
    made = applied((), lines, item_categories.names(call, _KIND))
    written = bills.write_lines(call, _KIND, estimate.id, (), made)
    estimate = _summed(check_texts(estimate), written)
    store.insert(call.tx, call.account_id, estimate)
    _tell(call, "created", estimate, after=_facts(estimate, written))
    return estimate


def change(
    call: Call, before: Estimate, changes: Mapping[str, Any], line_changes: Sequence[LineChange] = ()
) -> Estimate:
    """An estimate with other facts and lines. Raises `Invalid`."""
    facts = dict(changes)
    if "number" in facts:
        facts["number"] = _free_number(call, facts["number"], but=before)
    if "currency" in facts:
        facts["currency"] = known_currency(facts["currency"])
    after = check_texts(replace(before, **facts))
    _client(call, after.client_id)
    was = lines_of(call, before)
    lines: Sequence[Line] = was
    if line_changes:
        made = applied(was, line_changes, item_categories.names(call, _KIND))
        lines = bills.write_lines(call, _KIND, before.id, was, made)
    return put(call, before, _summed(after, lines), lines=(was, lines))


def put(
    call: Call,
    before: Estimate,
    after: Estimate,
    *,
    lines: tuple[Sequence[Line], Sequence[Line]] = ((), ()),
) -> Estimate:
    """The changed estimate, written; `lines` are those of before and of now. What is the same is not written."""
    was, becomes = bills.differing(*lines)
    if after == before and was == becomes:
        return before
    after = replace(after, updated_at=call.tx.now)
    store.put(call.tx, call.account_id, after)
    became = "reopened" if before.state in (State.ACCEPTED, State.DECLINED) else after.state.value
    _tell(
        call,
        "updated" if before.state is after.state else became,
        after,
        before=_facts(before, list(was.values())),
        after=_facts(after, list(becomes.values())),
    )
    return after


def delete(call: Call, estimate: Estimate) -> None:
    """Remove an estimate with its messages; invoices made from it stay."""
    lines = lines_of(call, estimate)
    messages.remove_all(call, _KIND, estimate.id)
    bills.remove_lines(call, _KIND, estimate.id)
    store.delete(call.tx, call.account_id, estimate.id)
    _tell(call, "deleted", estimate, before=_facts(estimate, lines))


def _client(call: Call, client_id: int) -> Client:
    found = clients.named(call, [client_id]).get(client_id)
    if found is None:
        raise problem("client_id", NOT_FOUND)
    return found


def _summed(estimate: Estimate, lines: Sequence[Line]) -> Estimate:
    made = totals(lines, estimate.charges)
    return replace(
        estimate,
        amount_e2=made.amount_e2,
        tax_amount_e2=made.tax_e2,
        tax2_amount_e2=made.tax2_e2,
        discount_amount_e2=made.discount_e2,
    )


def _free_number(call: Call, given: str | None, but: Estimate | None = None) -> str:
    """The number, if no other estimate has it; without one the next. Numbers are drawn one after the other."""
    call.tx.lock("harvest", call.account_id, "estimate_numbers")
    number = check_number(given or "")
    if not number:
        if but is not None:
            raise problem("number", BLANK)
        number = str(store.highest_value(call.tx, call.account_id) + 1)
        while store.has_number(call.tx, call.account_id, number, but=None):
            number = str(int(number) + 1)  # a number of very many digits is not among those the highest is taken of
        return number
    if store.has_number(call.tx, call.account_id, number, but=but.id if but else None):
        raise problem("number", TAKEN)
    return number


def _facts(estimate: Estimate, lines: Sequence[Line]) -> dict[str, Any]:
    """What the audit keeps; not the key, which opens the public page."""
    facts = {name: value for name, value in asdict(estimate).items() if name not in ("account_id", "client_key")}
    return facts | {"line_items": bills.audited(lines)}


def _tell(
    call: Call,
    what: str,
    estimate: Estimate,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    tell(
        call,
        f"estimate.{what}",
        estimate.id,
        before=before,
        after=after,
        client_id=estimate.client_id,
        state=estimate.state.value,
        currency=estimate.currency,
        amount_e2=estimate.amount_e2,
    )
