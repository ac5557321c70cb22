"""Work done later: building, deploying, removing what was deleted. `app` runs these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from harbor.kernel.blobs import Blobs
from harbor.kernel.call import Call
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.applications.jobs import remove_kind
from harbor.products.appharbor_apps.builder.port import Builder
from harbor.products.appharbor_apps.builds.jobs import Means, build_kind
from harbor.products.appharbor_apps.deploys.jobs import deploy_kind
from harbor.products.appharbor_apps.deploys.port import Deployer
from harbor.products.appharbor_apps.git.repositories import Repositories
from harbor.products.appharbor_apps.logs.book import Book

# Nothing waits for a clock: whoever ends a build or a deployment starts the next.
SCHEDULES: Final[tuple[Schedule, ...]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What stands behind the jobs."""

    builder: Builder
    deployer: Deployer
    blobs: Blobs
    book: Book
    repositories: Repositories
    builders_max: int


def kinds(call_of: Callable[[Tx, str], Call], works: Works) -> Sequence[JobKind]:
    """The product's jobs."""
    means = Means(
        builder=works.builder,
        blobs=works.blobs,
        book=works.book,
        repository=works.repositories.path,
        builders_max=works.builders_max,
    )
    # The last one takes the application's folder along, which the others have emptied.
    removers = (works.deployer.remove, works.builder.remove, works.repositories.remove)
    return (
        build_kind(call_of, means),
        deploy_kind(call_of, works.deployer, works.book),
        remove_kind(call_of, removers),
    )
