"""Runs a test on a deployed server with its own workers: time is real there, and no step can be replaced."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from durable.wire.client import Client
from durable.wire.requests import Request
from durable.workflows import Workflow

from .refusals import NotOnStackError
from .request_log import RequestLog
from .stage import GROUP, Groups, StuckError
from .step_bodies import StepBodies

_POLL_SECONDS: Final = 0.1
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True)
class OnStack:
    """A server and its workers. A test's own workflows run in `group`, which must know them."""

    url: str
    group: str = field(default=GROUP, kw_only=True)
    token: str | None = field(default=None, kw_only=True, repr=False)
    patience_seconds: float = field(default=60.0, kw_only=True)

    def open(self, groups: Groups) -> "StackStage":
        """Return a stage whose workers know these workflows."""
        return StackStage(self, groups)


class StackStage:
    """Implements `Stage`; unsupported actions raise NotOnStackError."""

    attempts = begun = parking_errors = _NOTHING

    def __init__(self, place: OnStack, groups: Groups) -> None:
        self._place: Final = place
        self._groups: Final = groups
        self._client: Final = Client(place.url, token=place.token)
        self._name: Final = uuid4().hex[:12]

    @property
    def now(self) -> float:
        """The seconds since 1970."""
        return time.time()

    @property
    def bodies(self) -> StepBodies:
        """Refuse: the steps run in other processes."""
        raise NotOnStackError("replacing, failing or counting steps")

    @property
    def log(self) -> RequestLog:
        """Refuse: other processes send them."""
        raise NotOnStackError("counting requests")

    def make_id(self, number: int) -> str:
        """Return an id that no earlier run has used."""
        return f"test-{self._name}-{number}"

    def find_address(self, workflow: Workflow[..., Any]) -> str:
        """Return the address of the group that runs a workflow."""
        groups = [group for group, workflows in self._groups.items() if workflow in workflows]
        group = groups[0] if groups else GROUP
        return f"poll://any@{self._place.group if group == GROUP else group}"

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send a request."""
        return self._client.ask(request, answer)

    async def request[A](self, request: Request, answer: type[A]) -> A:
        """Send a request; what follows from it happens meanwhile."""
        return await asyncio.to_thread(self.ask, request, answer)

    async def advance(self, is_done: Callable[[], bool], explain: Callable[[], str]) -> None:
        """Wait until the condition is true. Raises StuckError."""
        end = time.monotonic() + self._place.patience_seconds
        while not await asyncio.to_thread(is_done):
            if time.monotonic() > end:
                raise StuckError(f"after {self._place.patience_seconds:g} s {explain()}")
            await asyncio.sleep(_POLL_SECONDS)

    async def pass_time(self, duration: timedelta) -> None:
        """Refuse: the server has a clock of its own."""
        raise NotOnStackError(f"passing {duration}")

    async def kill_workers(self) -> None:
        """Refuse: they run elsewhere."""
        raise NotOnStackError("killing workers")

    async def deploy(self, groups: Groups) -> None:
        """Refuse: they run elsewhere."""
        raise NotOnStackError(f"deploying workers of {', '.join(groups)}")

    async def close(self) -> None:
        """Close the connections."""
        self._client.close()
