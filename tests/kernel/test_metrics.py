"""Metrics are counted in memory and written in Prometheus' form."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harbor.kernel.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What a Prometheus server would understand, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_product_route_and_status() -> None:
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.request("harbor", "events.list", status, 0.003)

    found = samples(metrics)

    labels = (("product", "harbor"), ("route", "events.list"))
    assert found["harbor_http_requests_total", (*labels, ("status", "200"))] == 2
    assert found["harbor_http_requests_total", (*labels, ("status", "404"))] == 1
    assert found["harbor_http_request_seconds_count", labels] == 3
    assert found["harbor_http_request_seconds_sum", labels] == pytest.approx(0.009)


def test_a_bucket_holds_its_bound_and_all_below() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.0011, 10.0, 11.0):
        metrics.writer_held(seconds)

    found = samples(metrics)

    counts = {dict(labels)["le"]: value for (name, labels), value in found.items() if name.endswith("_bucket")}
    assert [counts[bound] for bound in ("0.001", "0.0025", "5.0", "10.0", "+Inf")] == [2, 3, 3, 4, 5]


def test_attempts_are_counted_by_view_and_outcome() -> None:
    metrics = Metrics()
    metrics.attempt("harbor", "delivered", 0.1)
    metrics.attempt("harbor", "timeout", 15.0)

    found = samples(metrics)

    assert found["harbor_webhook_attempts_total", (("outcome", "timeout"), ("view", "harbor"))] == 1
    assert found["harbor_webhook_attempt_seconds_count", (("view", "harbor"),)] == 2


def test_a_gauge_is_read_when_it_is_asked_for() -> None:
    metrics, depth = Metrics(), [1.0]
    metrics.gauge("harbor_deliveries_due", "Deliveries that are due.", lambda: depth[0])
    before = samples(metrics)
    depth[0] = 7.0

    assert before["harbor_deliveries_due", ()] == 1
    assert samples(metrics)["harbor_deliveries_due", ()] == 7


def test_labels_from_outside_cannot_break_the_form() -> None:
    metrics = Metrics()
    metrics.request("harbor", 'a"b\nc\\d', 200, 0.1)

    assert (
        samples(metrics)[
            "harbor_http_requests_total", (("product", "harbor"), ("route", 'a"b\nc\\d'), ("status", "200"))
        ]
        == 1
    )


def test_nothing_has_happened_yet() -> None:
    found = samples(Metrics())

    assert found["harbor_writer_held_seconds_count", ()] == 0
    assert not [name for name, _ in found if name.startswith("harbor_http")]
