"""What the hosted server and its database have used: CPU, announcements and log."""

import time
from dataclasses import dataclass
from typing import Final

from .announcements import Announcements
from .hosted_server import Deployment
from .process_usage import measure_cpu_seconds

_LOG_DOLLARS_PER_GIGABYTE: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Totals at a moment, or their increase between two."""

    at: float
    messages: int
    postgres: float
    server: float
    logged: int

    @classmethod
    def read(cls, deployment: Deployment, announcements: Announcements) -> "Usage":
        """Return the totals now."""
        return cls(
            at=time.monotonic(),
            messages=announcements.count,
            postgres=measure_cpu_seconds(deployment.postgres.pid),
            server=measure_cpu_seconds(deployment.server.process.pid),
            logged=deployment.server.log.stat().st_size,
        )

    def since(self, before: "Usage") -> "Usage":
        """Return the increase."""
        return Usage(
            at=self.at - before.at,
            messages=self.messages - before.messages,
            postgres=self.postgres - before.postgres,
            server=self.server - before.server,
            logged=self.logged - before.logged,
        )

    def format_messages(self) -> tuple[str, ...]:
        """Return the messages a second, and what each cost Postgres and the server in ms."""
        each = (1000 * seconds / max(self.messages, 1) for seconds in (self.postgres, self.server))
        return (f"{self.messages / self.at:.0f}", *(f"{milliseconds:.2f}" for milliseconds in each))


def format_logs(with_worker: Usage, without: Usage, waiting: int) -> tuple[str, ...]:
    """Return the log's bytes for each waiting job and hour, and the dollars a day of the worse of both."""
    if not waiting:
        return "", "", ""
    hourly = [usage.logged / usage.at * 3_600 / waiting for usage in (with_worker, without)]
    dollars = max(hourly) * 24 * 10_000 / 1e9 * _LOG_DOLLARS_PER_GIGABYTE
    return (*(f"{size:,.0f}" for size in hourly), f"{dollars:.2f}")
