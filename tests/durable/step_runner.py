"""Runs steps without a worker, on a clock that only sleeping moves."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from resonate.context import Context
from resonate.types import Info

from durable import Clock, OnStepEvent, Step, StepEvent, StepEventKind, step, work_until
from durable.run import Run, Tools

START = 1_800_000_000.0  # seconds since 1970
_INFO = Info(id="job:1", parent_id="job", origin_id="job", branch_id="job", timeout_at=0, func_name="", tags={})


@dataclass(frozen=True)
class FakeContext:
    """The part of a context that a step uses."""

    info: Info = _INFO


FAKE_CONTEXT = cast("Context", FakeContext())


@dataclass
class StepRunner:
    """Runs steps, and keeps their events and pauses."""

    draw: float = 1.0  # of every random number
    now: float = START
    pauses: list[float] = field(default_factory=list)
    step_events: list[StepEvent] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Note the pause, and move the clock."""
        self.pauses.append(seconds)
        self.now += seconds

    def run[T](
        self,
        one: Step[[], T],
        on_step_event: OnStepEvent | None = None,
        *,
        until: float = math.inf,
        at_least: float = 0.0,
    ) -> T:
        """Run a step, which must end by a moment, in a run that has some time in any case."""
        clock = Clock(now=lambda: self.now, monotonic=lambda: self.now, sleep=self.sleep, draw=lambda: self.draw)
        run = Run("job", 1, Tools(on_step_event=on_step_event or self.step_events.append, clock=clock))
        results: list[T] = []

        async def work() -> None:
            with work_until(until, at_least=at_least):
                results.append(await one(FAKE_CONTEXT))

        error = asyncio.run(run.execute(work()))
        if error:
            raise error
        return results[0]

    @property
    def kinds(self) -> list[StepEventKind]:
        """The kinds of events, in order."""
        return [event.kind for event in self.step_events]


def make_step(body: Callable[[], Any], **options: Any) -> Step[[], Any]:  # noqa: ANN401 any of the decorator's arguments
    """Make a step of a function."""
    one: Step[[], Any] = step(**{"timeout": 60, **options})(body)
    return one
