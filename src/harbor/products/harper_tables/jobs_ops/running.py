"""The kinds of bulk jobs, and what follows of them."""

from __future__ import annotations

from harbor.kernel.jobs.model import JobKind
from harbor.products.harper_tables.jobs_ops.acting import CallOf
from harbor.products.harper_tables.jobs_ops.exporting import export
from harbor.products.harper_tables.jobs_ops.inputs import TIDY_KIND
from harbor.products.harper_tables.jobs_ops.loading import load
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.jobs_ops.model import EXPORT, LOAD, REMOVE
from harbor.products.harper_tables.jobs_ops.removing import remove


def kinds(call_of: CallOf, means: Means) -> tuple[JobKind, ...]:
    """The kinds of bulk jobs."""
    return (
        JobKind(name=LOAD, run=lambda context: load(context, call_of, means)),
        JobKind(name=EXPORT, run=lambda context: export(context, call_of, means)),
        JobKind(name=REMOVE, run=lambda context: remove(context, call_of)),
        TIDY_KIND,
    )
