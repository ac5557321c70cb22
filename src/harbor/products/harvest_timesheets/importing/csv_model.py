"""An import of CSV: what the rows are, how far it is, and what it has made besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from harbor.products.harvest_timesheets.importing.csv_reading import Kind
from harbor.products.harvest_timesheets.importing.model import OPEN, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvImport:
    """One import. A dry one writes nothing and says what would become of the rows; `made` counts clients, projects and such."""

    account_id: str
    id: int
    job_id: str
    kind: Kind
    file_name: str
    user_id: int
    is_dry: bool
    makes_missing: bool
    state: State
    error: str | None
    total: int
    came: int
    same: int
    wrong: int
    made: Mapping[str, int]
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still goes on."""
        return self.state in OPEN
