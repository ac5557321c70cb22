"""Refusals that several slices share."""

from __future__ import annotations

from harbor.kernel.errors import Missing


def not_found(noun: str, id_: str) -> Missing:
    """`No event found with id evt_….`: also for what belongs to somebody else."""
    shown = id_[:100].encode("utf-8", "backslashreplace").decode()
    return Missing(f"No {noun} found with id {shown}.", code="resource_not_found")
