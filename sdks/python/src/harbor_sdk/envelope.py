"""The envelope: what a delivery carries to an endpoint. No route answers with it, so the OpenAPI document has it not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from harbor_sdk.core.decode import Model
from harbor_sdk.models.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEnvelope(Model):
    """The body of a delivery. `type` is always `event.created`; the sender's type is `data.type`.

    Handle each `data.id` once: a delivery may arrive more than once.
    """

    id: str
    type: str
    created_at: datetime
    data: Event
