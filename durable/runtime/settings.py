"""Settings of a worker, with the reason for each default. Times are in seconds."""

import os
import socket
from dataclasses import dataclass, field
from typing import Final

from durable.retry import Retry
from durable.wire.transport import parse_server_url

BACKOFF: Final = Retry(first=0.1, cap=2.0)  # between attempts to reach the server, which never end
_POSITIVE: Final = (
    *("concurrency", "slots", "max_queued", "lease"),
    *("request_timeout", "stream_max_age", "max_silence", "gauge_interval", "max_parking_pause"),
)


def make_pid() -> str:
    """Return a unique name for a worker of this process; two workers need two."""
    return f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The server's url and the worker's group are required; all other settings have defaults."""

    url: str
    group: str
    pid: str = field(default_factory=make_pid, compare=False)
    token: str | None = field(default=None, repr=False)
    concurrency: int = 4  # runs
    slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)  # child processes
    # Announced tasks kept in memory. If more tasks finish within the server's retry timeout, the worker idles.
    max_queued: int = 10_000
    # A tag of root promises. Queued jobs take turns by its values, so that a client with many keeps no other waiting.
    owner_tag: str | None = None
    lease: float = 15.0  # a crashed worker's tasks wait this long; a shorter lease would be lost in a busy moment
    max_parking_pause: float = 2.0  # while few tasks are parked; many tasks wait longer, up to half their lease
    grace: float = 20.0  # for running steps when the worker drains; ECS kills a container after 30
    cleanup_timeout: float = 5.0  # for a canceled step to clean up; after it the process exits
    request_timeout: float = 5.0  # seconds of one attempt
    stream_max_age: float = 300.0  # then the stream is replaced: a half-open one looks like a quiet one
    max_silence: float = 600.0  # without a stream, then the process exits; a failover takes minutes
    probe_timeout: float = 30.0  # seconds of the start-up probe; it takes about one: servers check timers once a second
    gauge_interval: float = 60.0  # between two log lines with the gauges
    backoff: Retry = BACKOFF

    def __post_init__(self) -> None:
        parse_server_url(self.url)
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be more than 0, and is {getattr(self, name)}")
