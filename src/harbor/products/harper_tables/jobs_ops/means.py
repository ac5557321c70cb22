"""What bulk jobs may reach outside the database: folders of the machine, and stores that speak S3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harbor.kernel.outbound import OutboundPolicy
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.sql.bounds import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Set by the operator. Without a folder nothing is loaded from files, or exported to them.

    `s3_endpoint` is the origin of the store that stands in for Amazon's; `outbound` guards every other one.
    """

    imports: Path | None = None
    exports: Path | None = None
    s3_endpoint: str | None = None
    outbound: OutboundPolicy = field(default_factory=OutboundPolicy)
    compat: Compat = Compat.V5
    views: Sequence[SqlView] = ()
    sql_bounds: Bounds | None = None
