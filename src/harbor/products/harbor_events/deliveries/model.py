"""A selection of deliveries, as a list or a bulk replay names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harbor.kernel.webhooks.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Filters that all have to hold; None is no filter. Moments are microseconds."""

    workspace_id: str
    webhook_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    states: tuple[State, ...] | None = None
    response_status: int | None = None
    created_after: int | None = None
    created_before: int | None = None


def as_data(selection: Selection) -> dict[str, Any]:
    """The selection as a job keeps it."""
    data = asdict(selection)
    data["states"] = None if selection.states is None else [state.value for state in selection.states]
    return data


def from_data(data: Mapping[str, Any]) -> Selection:
    """The selection a job kept."""
    states = data["states"]
    return Selection(**{**data, "states": None if states is None else tuple(State(state) for state in states)})
