"""The server's metrics, with the real server's names, so that one dashboard fits both."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4"
# The real server's buckets, in seconds.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The metrics of one server."""

    def __init__(self) -> None:
        """Start all counters at zero."""
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
        # Cached: a label lookup costs as much as a query, and there are few labels.
        self._request = cache(self.requests.labels)
        self._duration = cache(self.durations.labels)
        self.messages = Counter("resonate_messages", "Messages sent by kind", ["kind"], registry=self.registry)
        self.deliveries = Counter("resonate_deliveries", "Pushes by status", ["status"], registry=self.registry)
        self.schedules = Counter("resonate_schedule_promises", "Promises created by schedules", registry=self.registry)

    def count_request(self, kind: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._request(kind, status).inc()
        self._duration(kind).observe(seconds)

    def count_push(self, *, was_accepted: bool) -> None:
        """Count a finished push."""
        self.deliveries.labels("success" if was_accepted else "error").inc()

    def page(self) -> bytes:
        """Return all metrics in the format of Prometheus."""
        return generate_latest(self.registry)
