"""The places where one test body can run: in this process, on a server in debug mode, or on a stack."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from .driver import Driver
from .request_log import RequestLog
from .servers import DebugServer, InProcessServer
from .stage import Groups, Stage
from .virtual_clock import VirtualClock
from .worker_pool import DriverOptions

_OPTIONS: Final = DriverOptions()


class Place(Protocol):
    """Opens a stage for one test."""

    def open(self, groups: Groups) -> Stage:
        """Return a stage whose workers know these workflows."""


@dataclass(frozen=True, kw_only=True)
class InProcess:
    """The embedded server in this process. A certifier passes a log that cuts requests off."""

    options: DriverOptions = _OPTIONS
    log: RequestLog | None = None

    def open(self, groups: Groups) -> Stage:
        """Return a stage whose workers know these workflows."""
        clock = VirtualClock()
        return Driver(InProcessServer(clock), clock, groups, self.log or RequestLog(), self.options)


@dataclass(frozen=True)
class OnDebugServer:
    """A server that was started with --debug; its data is deleted. The workers are still in this process."""

    url: str
    options: DriverOptions = field(default=_OPTIONS, kw_only=True)

    def open(self, groups: Groups) -> Stage:
        """Return a stage whose workers know these workflows."""
        clock = VirtualClock()
        return Driver(DebugServer(clock, self.url), clock, groups, RequestLog(), self.options)
