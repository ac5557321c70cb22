"""Refusals that several slices share."""

from __future__ import annotations

from harbor.kernel.errors import Invalid, Missing


def not_found(noun: str, id_: str) -> Missing:
    """`No event found with id evt_….`: also for what belongs to somebody else."""
    shown = id_[:100].encode("utf-8", "backslashreplace").decode()
    return Missing(f"No {noun} found with id {shown}.", code="resource_not_found")


def no_cursor(noun: str) -> Invalid:
    """A `starting_after` that names nothing the caller can see in this list."""
    return Invalid(f"starting_after names no {noun} of this list.", field="starting_after")
