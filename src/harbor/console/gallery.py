"""The gallery: every part of a page in every state, for those who build pages. No link leads to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from harbor.console.charts import Series, bars, lines, spark, stacked
from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms
from harbor.kernel.http.page import Html
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services

_HOURS = 24
_MEMBERS = 600
_FRAMES = 600  # one a second, so a page that is forgotten is quiet after ten minutes


def context(now: datetime) -> Mapping[str, Any]:
    """What gallery.html shows. `now` is the end of the charts and the moment in the tables."""
    end = now.replace(minute=0, second=0, microsecond=0)
    at = [end - timedelta(hours=_HOURS - 1 - hour) for hour in range(_HOURS)]
    sent = [(hour * 37) % 90 + 20 for hour in range(_HOURS)]
    failed = [(hour * 13) % 11 for hour in range(_HOURS)]
    rate = [None if hour in (9, 10) else 100 - failed[hour] * 1.7 for hour in range(_HOURS)]
    slow = [120 + (hour * 53) % 240 for hour in range(_HOURS)]
    payload = {
        "type": "order.paid",
        "precise": 9007199254740993,
        "amount": {"value": "1250.00", "currency": "EUR", "is_final": True, "note": None},
        "lines": [{"sku": f"A-{line}", "count": line} for line in range(4)],
        "text": '<b>not bold</b> & "quoted" \u202eright to left',
        "many": {f"member_{index}": index for index in range(_MEMBERS)},
    }
    return {
        "now": now,
        "earlier": now - timedelta(days=40),
        "payload": json.dumps(payload, ensure_ascii=False),
        "charts": {
            "bars": bars(at, Series("Events", sent), title="Events an hour"),
            "stacked": stacked(
                at, [Series("Delivered", sent, "ok"), Series("Failed", failed, "bad")], title="Attempts an hour"
            ),
            "rate": lines(at, [Series("Success", rate, "ok")], title="Success", unit="%", most=100),
            "latency": lines(
                at,
                [Series("Median", [value / 3 for value in slow]), Series("95 of 100", slow, "2")],
                title="Latency",
                unit="ms",
            ),
            "empty": bars([], Series("Events", []), title="Nothing yet"),
            "one": lines(at[:1], [Series("Events", [7])], title="One point"),
        },
        "spark": spark(sent, title="Events of the last 24 hours"),
    }


def show(call: Call) -> Html:
    """All of it on one page."""
    return Html("gallery.html", "Gallery", context(call.tx.now))


async def follow(services: Services) -> Stream:
    """Something for the live tail to show."""

    async def frames() -> AsyncIterator[bytes]:
        for number in range(_FRAMES):
            event = {"id": f"evt_{number}", "type": "order.paid", "created_at": iso_ms(services.clock.now())}
            yield f"id: {event['id']}\ndata: {json.dumps(event)}\n\n".encode()
            await asyncio.sleep(1)

    return Stream(200, {"Content-Type": "text/event-stream; charset=utf-8"}, frames())


ROUTES = (
    Route("gallery.show", "GET", "/gallery", show),
    Route("gallery.follow", "GET", "/gallery/stream", follow, raw=True),
)
