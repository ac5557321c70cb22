"""Starting an import, watching it, and ending it. Only administrators may. Source: docs/products/harvest.md#imports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid, Missing
from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import Abandon, Job
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.importing import beginning, people_store, store
from harbor.products.harvest_timesheets.importing.model import OVERLAP_S, Count, Import, Problem, State
from harbor.products.harvest_timesheets.importing.resources import RESOURCES, Resource
from harbor.products.harvest_timesheets.importing.source import normal_url
from harbor.products.harvest_timesheets.importing.taking import Taken
from harbor.products.harvest_timesheets.paging import Listed
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.telling import tell

IMPORT: Final = "harvest.import"
PURPOSE = "harvest.import"
TOKEN_LENGTH_MAX: Final = 1_000
_ACCOUNT_LENGTH_MAX: Final = 18
_ERROR_LENGTH_MAX: Final = 1_000


def to_import(call: Call) -> None:
    """Whether the caller may import. Raises `Denied`."""
    access.require_administrator(call, "import")


def start(call: Call, *, source_url: str, source_account: str, token: str, is_full: bool) -> Import:
    """Begin an import; its job does the rest. Raises `Conflict` while another one goes on.

    The token is kept sealed while the job needs it. From a source that was imported before, only what has changed since is asked
    for, unless `is_full`.
    """
    to_import(call)
    here = company.of(call)
    url, number, secret = normal_url(source_url), source_account.strip(), token.strip()
    if not (number.isascii() and number.isdigit() and len(number) <= _ACCOUNT_LENGTH_MAX):
        raise problem("source_account_id", "must be the number of an account")
    if number == str(here.number) and urlsplit(url).netloc == urlsplit(call.base_url).netloc:
        raise problem("source_account_id", "is the number of this account itself")
    if not secret:
        raise problem("source_token", BLANK)
    if len(secret) > TOKEN_LENGTH_MAX or not (secret.isascii() and secret.isprintable()):
        raise problem("source_token", "is not a personal access token")
    call.tx.lock("harvest.imports", call.account_id)
    going_on = store.open_one(call.tx, call.account_id)
    if going_on is not None:
        raise Conflict(f"Import {going_on.id} goes on; wait for it, or cancel it")
    earlier = store.latest_of(call.tx, call.account_id, url, number, is_done=True)
    since = None
    if not is_full and earlier is not None and earlier.source_time is not None:
        since = earlier.source_time - timedelta(seconds=OVERLAP_S)
    each = Import(
        account_id=call.account_id,
        id=call.next_serial("harvest_imports"),
        job_id=str(uuid4()),
        source_url=url,
        source_account=number,
        user_id=access.me(call).user_id,
        is_full=since is None,
        state=State.WAITING,
        error=None,
        since=since,
        source_time=None,
        began_at=None,
        floor=None,
        problems=0,
        created_at=call.tx.now,
        finished_at=None,
    )
    store.insert(call.tx, call.account_id, each, token=call.vault.seal(call.account_id, PURPOSE, secret))
    queue.enqueue(call.tx, call.account_id, IMPORT, {"import": each.id}, job_id=each.job_id)
    tell(call, "import.started", each.id, is_full=each.is_full)
    return each


def find(call: Call, import_id: int) -> Import:
    """An import, for administrators. Raises `Missing`."""
    found = store.find(call.tx, call.account_id, import_id)
    to_import(call)
    if found is None:
        raise Missing(f"There is no import {import_id}.")
    return found


def listed(call: Call, page: PageRequest) -> Listed[Import]:
    """Imports, newest first."""
    to_import(call)
    return store.newest_first(call.tx, call.account_id, page)


def job_of(call: Call, each: Import) -> Job | None:
    """The job of an import, while it is kept."""
    return kept_job(call.tx, each.account_id, each.job_id)


def counts(call: Call, each: Import) -> Sequence[Count]:
    """What became of the records so far, in the order of the import."""
    found = store.counts(call.tx, call.account_id, each.id)
    return [found[resource.name] for resource in RESOURCES if resource.name in found]


def cancel(call: Call, each: Import) -> Import:
    """End an import that goes on. What it has copied stays."""
    if not each.is_open:
        raise Conflict(f"Import {each.id} is {each.state}")
    job = job_of(call, each)
    if job is not None and job.is_open:
        queue.cancel(call.tx, call.account_id, each.job_id)
    store.set_state(call.tx, call.account_id, each.id, State.CANCELED)
    tell(call, "import.canceled", each.id)
    return find(call, each.id)


# For the job


def kept_job(tx: Tx, account_id: str, job_id: str) -> Job | None:
    """A job, while it is kept."""
    try:
        return queue.get(tx, account_id, job_id)
    except Missing:
        return None


def of_job(call: Call, job_id: str) -> Import:
    """The import that a job does. Raises `Abandon` if it has ended."""
    each = store.of_job(call.tx, call.account_id, job_id)
    if each is None or not each.is_open:
        raise Abandon("The import has ended.")
    return each


def open_token(call: Call, each: Import) -> str:
    """The token of the source."""
    sealed = store.token(call.tx, call.account_id, each.id)
    if sealed is None:
        raise Abandon("The token of the source is gone.")
    return call.vault.open(call.account_id, PURPOSE, sealed)


def was_copied_before(call: Call, each: Import) -> bool:
    """Whether an earlier import has begun to copy the same source."""
    return store.began_before(call.tx, call.account_id, each.source_url, each.source_account, each.id)


def needs_look(call: Call, each: Import) -> bool:
    """Whether ids of the source may be those of other things here."""
    return not was_copied_before(call, each) and not beginning.is_fresh(call)


def collisions(call: Call, resource: Resource, found: Taken) -> list[Problem]:
    """The ids of a page that other things here have. A person with the same address is the same."""
    ids = store.existing(call.tx, resource.table, call.account_id, found.rows)
    if resource.name == "users":
        own = people_store.by_email(call.tx, call.account_id)
        ids = {id_ for id_ in ids if own.get(found.rows[id_].values["email_key"]) != id_}
    what = "is the id of another one here"
    return [Problem(phase="look", resource=resource.name, thing=str(id_), what=what) for id_ in sorted(ids)]


def since_text(each: Import) -> str | None:
    """From when on changes are asked for."""
    return None if each.since is None else each.since.strftime("%Y-%m-%dT%H:%M:%SZ")


def finish(call: Call, each: Import) -> None:
    """Note that everything was copied and compared; the token is erased."""
    store.set_state(call.tx, call.account_id, each.id, State.DONE)
    problems = store.add_problems(call.tx, call.account_id, each.id, ())
    tell(call, "import.finished", each.id, problems=problems)


def fail(call: Call, job_id: str, error: Exception) -> None:
    """Note why an import has ended before its end; the token is erased."""
    each = store.of_job(call.tx, call.account_id, job_id)
    if each is None or not each.is_open:
        return
    text = (
        str(error)
        if isinstance(error, Abandon | Invalid) or hasattr(error, "message")
        else "Something unexpected happened."
    )
    store.set_state(call.tx, call.account_id, each.id, State.FAILED, error=text[:_ERROR_LENGTH_MAX])
    tell(call, "import.failed", each.id)


def end_lost(call: Call, import_id: int) -> None:
    """End an import whose job is gone; the token is erased."""
    store.set_state(
        call.tx, call.account_id, import_id, State.FAILED, error="The process ended while it ran, too often."
    )
    tell(call, "import.failed", import_id)
