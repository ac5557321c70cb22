"""Entries that come by pages: whoever writes their rows writes them within `kept`, and sums and counts stay right."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from harbor.kernel.call import Call
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.time_entries import sums_store, totals_store


@contextmanager
def kept(call: Call, ids: Collection[int], *, added: int) -> Iterator[None]:
    """Keep sums right while entries with these ids are written; `added` of them were not there before."""
    with sums_store.kept(call.tx, call.account_id, Where(account_id=call.account_id).among("id", ids)):
        yield
    totals_store.add(call.tx, call.account_id, added)
