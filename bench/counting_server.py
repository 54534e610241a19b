"""A server in this process, on a database in memory, that counts: only the work for the workflows is measured."""

from dataclasses import dataclass, field

from durable.testing.driver import Driver
from durable.testing.request_log import RequestLog
from durable.testing.servers import InProcessServer
from durable.testing.stage import Groups
from durable.testing.virtual_clock import VirtualClock
from durable.testing.worker_pool import DriverOptions
from durable.wire.reply import Reply


class CountingServer(InProcessServer):
    """Counts requests, and the bytes of the answers."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.requests = 0
        self.answered_bytes = 0

    def post(self, body: bytes) -> Reply:
        """Answer a request."""
        reply = super().post(body)
        self.requests += 1
        self.answered_bytes += len(reply.body)
        return reply


@dataclass
class CountingPlace:
    """Opens the stage of a test on a server that counts."""

    clock: VirtualClock = field(default_factory=VirtualClock)

    def __post_init__(self) -> None:
        self.server = CountingServer(self.clock)

    def open(self, groups: Groups) -> Driver:
        """Return a stage whose workers know these workflows."""
        return Driver(self.server, self.clock, groups, RequestLog(), DriverOptions())
