"""Where a test's jobs run: in the test's own process and time, or on a stack whose time is real."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from durable.wire.requests import Request
from durable.workflows import Workflow

from .request_log import RequestLog
from .step_bodies import StepBodies

GROUP: Final = "workers"  # the group of a test that names none
type Groups = Mapping[str, Sequence[Workflow[..., Any]]]


class StuckError(AssertionError):
    """A job cannot continue by itself; the text says why."""


class Stage(Protocol):
    """What a test and its jobs need of the place where they run."""

    @property
    def now(self) -> float:
        """The seconds since 1970 there."""

    @property
    def attempts(self) -> Mapping[str, int]:
        """How many attempts have begun, by the promise of the step, as far as the test knows."""

    @property
    def begun(self) -> Mapping[str, int]:
        """How many attempts have begun, by the name of the step, as far as the test knows."""

    @property
    def parking_errors(self) -> Mapping[str, str]:
        """Why tasks are parked, as far as the test knows."""

    @property
    def bodies(self) -> StepBodies:
        """What runs in place of steps."""

    @property
    def log(self) -> RequestLog:
        """The requests of the workers."""

    def make_id(self, number: int) -> str:
        """Return the id of a test's job that has none."""

    def find_address(self, workflow: Workflow[..., Any]) -> str:
        """Return the address of the workers that run a workflow."""

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send a request."""

    async def request[A](self, request: Request, answer: type[A]) -> A:
        """Send a request, and let everything happen that follows from it at this time."""

    async def advance(self, is_done: Callable[[], bool], explain: Callable[[], str]) -> None:
        """Let time pass until the condition is true, but only where a job waits for time. Raises StuckError."""

    async def pass_time(self, duration: timedelta) -> None:
        """Let this much time pass, with everything that happens meanwhile."""

    async def kill_workers(self) -> None:
        """Kill every worker; others take their places."""

    async def deploy(self, groups: Groups) -> None:
        """Replace every worker by one that knows these workflows."""

    async def close(self) -> None:
        """End the workers, and the use of the server."""
