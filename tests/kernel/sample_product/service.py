"""What a caller may do with parcels, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.kernel.sample_product import store
from tests.kernel.sample_product.model import Parcel, State

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing
from harbor.kernel.jobs import queue as jobs
from harbor.kernel.mail import outbox

PRODUCT = "harper"  # one of the words that the kernel knows
UNDO_ANNOUNCE = "desk.undo_announce"
ANNOUNCE_S_MAX = 60


def take_in(call: Call, *, label: str, recipient: str, email: str | None, note: str | None, weight_g: int) -> Parcel:
    """A new parcel; its recipient is told by mail."""
    parcel = Parcel(
        id=call.next_serial("desk_parcels"),
        account_id=call.account_id,
        label=label,
        recipient=recipient,
        email=email,
        note=note,
        weight_g=weight_g,
        state=State.STORED,
        tracking=None,
        arrived_at=call.tx.now,
    )
    store.put(call.tx, call.account_id, parcel)
    if email is not None:
        outbox.send(
            call.tx,
            call.account_id,
            email,
            "A parcel for you",
            f"Dear {recipient}, {note or 'a parcel'} waits at the desk.",
            topic=f"arrived:{parcel.id}",
            mail_id=call.new_id("mail_"),
            about=f"parcel:{parcel.id}",
        )
    _tell(call, "harper.parcel.created", parcel, after={"recipient": recipient, "note": note})
    return parcel


def visible(call: Call, parcel_id: str) -> Parcel:
    """A parcel of the caller's account; any other is missing."""
    found = store.find(call.tx, call.account_id, int(parcel_id)) if _is_id(parcel_id) else None
    if found is None:
        raise Missing(f"There is no parcel {parcel_id}.")
    return found


def correct(call: Call, parcel: Parcel, *, recipient: str, note: str | None) -> Parcel:
    """Change for whom it is."""
    changed = replace(parcel, recipient=recipient, note=note)
    store.put(call.tx, call.account_id, changed)
    _tell(call, "harper.parcel.updated", changed, before={"note": parcel.note}, after={"note": note})
    return changed


def begin_announce(call: Call, parcel: Parcel) -> Parcel:
    """Before the courier is asked: a job is left that undoes it, should nobody come back with an answer."""
    if parcel.state is not State.STORED:
        raise Conflict(f"Parcel {parcel.id} is {parcel.state} already.")
    announcing = replace(parcel, state=State.ANNOUNCING)
    store.put(call.tx, call.account_id, announcing)
    jobs.enqueue(
        call.tx,
        call.account_id,
        UNDO_ANNOUNCE,
        {"parcel_id": parcel.id},
        job_id=call.new_id("job_"),
        due_at=call.tx.now + timedelta(seconds=ANNOUNCE_S_MAX),
    )
    return announcing


def end_announce(call: Call, parcel_id: int, *, tracking: str | None) -> Parcel:
    """After the courier was asked; without a number it is as if nobody had."""
    parcel = visible(call, str(parcel_id))
    if parcel.state is not State.ANNOUNCING:
        return parcel
    state = State.STORED if tracking is None else State.ANNOUNCED
    changed = replace(parcel, state=state, tracking=tracking)
    store.put(call.tx, call.account_id, changed)
    if tracking is not None:
        _tell(call, "harper.parcel.announced", changed)
    return changed


def erase(call: Call, parcel: Parcel) -> None:
    """Remove a parcel and every word about its recipient."""
    store.delete(call.tx, call.account_id, parcel.id)
    outbox.erase(call.tx, call.account_id, f"parcel:{parcel.id}")
    call.emit("harper.parcel.erased", subject=str(parcel.id), data={"id": parcel.id})
    call.erase(PRODUCT, str(parcel.id))


def _tell(
    call: Call,
    type_: str,
    parcel: Parcel,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    data = {"id": parcel.id, "state": parcel.state}
    call.emit(type_, subject=str(parcel.id), data=data, before=before, after=after)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
