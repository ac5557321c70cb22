"""Keeping reports under names. Whoever opens one sees what their own rights let them see, whoever has saved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.reports.question import Kind, question
from harbor.products.harvest_timesheets.saved_reports import store
from harbor.products.harvest_timesheets.saved_reports.model import OF_PERSON_MAX, SavedReport, check_name
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.telling import tell


def listed(call: Call) -> tuple[list[SavedReport], list[SavedReport]]:
    """The caller's own reports, and those that others share, by name."""
    user_id = access.me(call).user_id
    own = store.own(call.tx, call.account_id, user_id)
    return own, [each for each in store.shared(call.tx, call.account_id) if each.user_id != user_id]


def save(call: Call, *, name: str, kind: Kind, words: Mapping[str, str], is_shared: bool) -> SavedReport:
    """A new report of the caller. Raises `Invalid` for words that the report does not know, and `Conflict` for too many.

    A span without days is kept as a span: `month` is the present month whenever it is opened.
    """
    asked = question(call, kind, words)
    user_id = access.me(call).user_id
    checked = check_name(name)
    call.tx.lock("harvest.saved_reports", call.account_id, user_id)
    if store.by_name(call.tx, call.account_id, user_id, checked) is not None:
        raise problem("name", "has already been taken")
    if len(store.own(call.tx, call.account_id, user_id)) >= OF_PERSON_MAX:
        raise Conflict(f"You have {OF_PERSON_MAX} saved reports; remove one first.", code="saved_reports_full")
    saved = SavedReport(
        account_id=call.account_id,
        id=call.next_serial("harvest_saved_reports"),
        user_id=user_id,
        name=checked,
        kind=kind,
        words=dict(asked.words),
        is_shared=is_shared,
        created_at=call.tx.now,
        updated_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, saved)
    tell(call, "saved_report.created", saved.id, after=saved, user_id=user_id, kind=kind.value)
    return saved


def share(call: Call, saved_id: int, *, is_shared: bool) -> SavedReport:
    """Show one's own report to others, or no longer. Raises `Missing` and `Denied`."""
    before = to_change(call, saved_id)
    after = replace(before, is_shared=is_shared, updated_at=call.tx.now)
    store.share(call.tx, call.account_id, saved_id, is_shared=is_shared)
    tell(call, "saved_report.updated", saved_id, before=before, after=after, user_id=before.user_id)
    return after


def delete(call: Call, saved_id: int) -> None:
    """Remove a report: one's own, and administrators any that is shared. Raises `Missing` and `Denied`."""
    saved = to_change(call, saved_id)
    store.delete(call.tx, call.account_id, saved_id)
    tell(call, "saved_report.deleted", saved_id, before=saved, user_id=saved.user_id)


def to_change(call: Call, saved_id: int) -> SavedReport:
    """A report that the caller may change. One that they do not see is missing for them."""
    saved, me = store.find(call.tx, call.account_id, saved_id), access.me(call)
    if saved is None or not (saved.user_id == me.user_id or saved.is_shared):
        raise Missing(f"There is no saved report {saved_id}.")
    if saved.user_id != me.user_id and not me.is_administrator:
        raise access.denied("change the reports of others")
    return saved


def forget(call: Call, user_id: int) -> None:
    """Remove the reports of a person who is deleted."""
    store.delete_of(call.tx, call.account_id, user_id)
