"""The server's metrics, with the real server's names, so that one dashboard fits both.

They are counted in plain numbers: a metric object of the library costs as much as a query, for each request.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Self

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4"
# The real server's, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BUCKET_NAMES = [*map(str, BUCKETS), "+Inf"]


@dataclass(slots=True)
class Durations:
    """A histogram: the number of requests in each bucket, and the sum of their seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * len(_BUCKET_NAMES))
    seconds: float = 0.0

    def add(self, other: Self) -> None:
        """Add another histogram."""
        self.counts = [one + another for one, another in zip(self.counts, other.counts, strict=True)]
        self.seconds += other.seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Return how many took at most as long as each bucket's bound."""
        return list(zip(_BUCKET_NAMES, accumulate(self.counts), strict=True))


class Metrics(Collector):
    """The metrics of one server."""

    def __init__(self) -> None:
        """Start all counters at zero."""
        self.requests = defaultdict[tuple[str, int], Durations](Durations)  # by kind and status
        self.messages = Counter[str]()  # by kind
        self.deliveries = Counter[str]()  # by status
        self.schedule_promises = 0
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count_request(self, kind: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        durations = self.requests[kind, status]
        durations.counts[bisect_left(BUCKETS, seconds)] += 1
        durations.seconds += seconds

    def count_push(self, *, was_accepted: bool) -> None:
        """Count a finished push."""
        self.deliveries["success" if was_accepted else "error"] += 1

    def collect(self) -> Iterator[Metric]:
        """Yield what the page shows."""
        requests = [((kind, str(status)), sum(some.counts)) for (kind, status), some in self.requests.items()]
        yield _make_counter("resonate_request", "Requests by kind and status", ("kind", "status"), requests)
        yield self._make_histogram()
        messages = [((kind,), count) for kind, count in self.messages.items()]
        yield _make_counter("resonate_messages", "Messages sent by kind", ("kind",), messages)
        deliveries = [((status,), count) for status, count in self.deliveries.items()]
        yield _make_counter("resonate_deliveries", "Pushes by status", ("status",), deliveries)
        fired = [((), self.schedule_promises)]
        yield _make_counter("resonate_schedule_promises", "Promises created by schedules", (), fired)

    def _make_histogram(self) -> HistogramMetricFamily:
        by_kind = defaultdict[str, Durations](Durations)
        for (kind, _), durations in self.requests.items():
            by_kind[kind].add(durations)
        name = "resonate_request_duration_seconds"
        histogram = HistogramMetricFamily(name, "Request duration by kind", labels=("kind",))
        for kind, durations in by_kind.items():
            histogram.add_metric((kind,), durations.buckets(), durations.seconds)
        return histogram

    def page(self) -> bytes:
        """Return all metrics in the format of Prometheus."""
        return generate_latest(self._registry)


def _make_counter(
    name: str, sentence: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[str, ...], int]]
) -> CounterMetricFamily:
    counter = CounterMetricFamily(name, sentence, labels=labels)
    for values, count in counts:
        counter.add_metric(values, count)
    return counter
