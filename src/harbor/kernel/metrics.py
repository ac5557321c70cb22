"""Metrics of one process in Prometheus form. Counting is a dict access; the text is made when it is asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Histogram:
    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(_SECONDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(_SECONDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        found, running = [], 0
        for bound, count in zip((*map(str, _SECONDS), "+Inf"), self.counts, strict=True):
            running += count
            found.append((bound, float(running)))
        return found


class Metrics(Collector):
    """Counters and histograms of requests, attempts and the writer, and gauges that are asked for when read."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, str, int], int] = defaultdict(int)
        self._request_times: defaultdict[tuple[str, str], _Histogram] = defaultdict(_Histogram)
        self._attempts: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._attempt_times: defaultdict[str, _Histogram] = defaultdict(_Histogram)
        self._writer = _Histogram()
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def request(self, product: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests[product, route, status] += 1
        self._request_times[product, route].add(seconds)

    def attempt(self, view: str, outcome: str, seconds: float) -> None:
        """Count an attempt of a delivery; `outcome` is `delivered` or the error word."""
        self._attempts[view, outcome] += 1
        self._attempt_times[view].add(seconds)

    def writer_held(self, seconds: float) -> None:
        """Note how long one batch held the writer."""
        self._writer.add(seconds)

    def gauge(self, name: str, help_: str, read: Callable[[], float]) -> None:
        """Add a gauge that is read when the metrics are."""
        self._gauges[name] = (help_, read)

    def collect(self) -> Iterable[Metric]:
        """All metrics at this moment."""
        requests = CounterMetricFamily(
            "harbor_http_requests", "Answered requests.", labels=["product", "route", "status"]
        )
        for (product, route, status), count in list(self._requests.items()):
            requests.add_metric([product, route, str(status)], count)
        yield requests
        times = HistogramMetricFamily("harbor_http_request_seconds", "Time to answer.", labels=["product", "route"])
        for (product, route), histogram in list(self._request_times.items()):
            times.add_metric([product, route], histogram.buckets(), histogram.total)
        yield times
        attempts = CounterMetricFamily("harbor_webhook_attempts", "Attempts of deliveries.", labels=["view", "outcome"])
        for (view, outcome), count in list(self._attempts.items()):
            attempts.add_metric([view, outcome], count)
        yield attempts
        attempt_times = HistogramMetricFamily("harbor_webhook_attempt_seconds", "Time of an attempt.", labels=["view"])
        for view, histogram in list(self._attempt_times.items()):
            attempt_times.add_metric([view], histogram.buckets(), histogram.total)
        yield attempt_times
        yield HistogramMetricFamily(
            "harbor_writer_held_seconds",
            "How long a batch held the writer.",
            buckets=self._writer.buckets(),
            sum_value=self._writer.total,
        )
        for name, (help_, read) in self._gauges.items():
            yield GaugeMetricFamily(name, help_, value=read())

    def text(self) -> bytes:
        """The exposition format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)
