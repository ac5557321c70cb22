"""Work done later: entries priced anew, entries that show something that changed, files of mails, what falls due, and imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.importing import csv_jobs
from harbor.products.harvest_timesheets.importing import jobs as importing
from harbor.products.harvest_timesheets.importing.means import Means
from harbor.products.harvest_timesheets.pricing.jobs import reprice_kind
from harbor.products.harvest_timesheets.public_pages.mailing import attach_kind
from harbor.products.harvest_timesheets.public_pages.pdf import PRESS
from harbor.products.harvest_timesheets.reminders import jobs as reminders
from harbor.products.harvest_timesheets.tracked.jobs import touch_kind

SCHEDULES: Final[tuple[Schedule, ...]] = (importing.TIDY_SCHEDULE, reminders.SCHEDULE)


def kinds(call_of: Callable[[Tx, str], Call], means: Means | None = None, *, public_url: str = "") -> list[JobKind]:
    """The kinds of jobs of this product. `call_of` makes a call of the platform in an account.

    Without `means` there are no imports, and mails go without files. `public_url` is where the product is reached: mails
    that nobody sends, such as reminders, lead there, and without it to where their settings were saved.
    """
    imports = [] if means is None else importing.kinds(call_of, means)
    blobs = None if means is None else means.blobs
    pricing = [reprice_kind(call_of), touch_kind(call_of)]
    billing = [attach_kind(call_of, blobs, PRESS), reminders.due_kind(call_of, public_url)]
    return [*pricing, *billing, *csv_jobs.kinds(call_of), *imports]
