"""What the server counts, under the real server's names, so that one dashboard reads both."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4"
# The real server's buckets, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        """Everything starts at nothing."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "resonate_request", "Requests by kind and status", ["kind", "status"], registry=self.registry
        )
        self.durations = Histogram(
            "resonate_request_duration_seconds",
            "Request duration by kind",
            ["kind"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        # Looking a label up costs as much as a query; kinds and statuses are few.
        self._request = cache(self.requests.labels)
        self._duration = cache(self.durations.labels)
        self.messages = Counter("resonate_messages", "Messages sent by kind", ["kind"], registry=self.registry)
        self.deliveries = Counter("resonate_deliveries", "Pushes by status", ["status"], registry=self.registry)
        self.schedules = Counter("resonate_schedule_promises", "Promises created by schedules", registry=self.registry)

    def count_request(self, kind: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._request(kind, status).inc()
        self._duration(kind).observe(seconds)

    def count_push(self, *, was_accepted: bool) -> None:
        """One push has ended."""
        self.deliveries.labels("success" if was_accepted else "error").inc()

    def page(self) -> bytes:
        """Everything as Prometheus reads it."""
        return generate_latest(self.registry)
