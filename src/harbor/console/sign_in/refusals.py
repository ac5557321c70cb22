"""Refusals before the session: the same form again, with what was wrong above it."""

from __future__ import annotations

import math
from dataclasses import replace

from harbor.kernel.errors import HarborError, Invalid, Limited, Unauthenticated, Unavailable
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Answer


def refused(refusal: HarborError, page: Html) -> Answer:
    """The page with the refusal as its `failure`. What is no refusal of the person's own doing goes on as it is."""
    statuses: dict[type[HarborError], int] = {Unauthenticated: 401, Invalid: 422, Limited: 429, Unavailable: 503}
    status = statuses.get(type(refusal))
    if status is None:
        raise refusal
    headers = {} if refusal.retry_after_s is None else {"Retry-After": str(max(1, math.ceil(refusal.retry_after_s)))}
    return Answer(status, replace(page, context={**page.context, "failure": refusal}), headers)
