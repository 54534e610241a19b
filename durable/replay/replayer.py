"""Replays a recording: the SDK's core runs the present body for each state that a running job may be in.

No server and no step takes part, so a replay takes a few milliseconds. A step that was under way stays under way.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from resonate.core import Core
from resonate.error import FunctionNotFoundError, PlatformError, ResonateError, SerializationError
from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.retry import Never

from durable.clock import Clock
from durable.payload import LenientCodec
from durable.run import Body, Run, Tools
from durable.workflows import Workflow

from .differences import Difference, Wording
from .recorded_effects import RecordedEffects, open_record
from .recording import RecordedPromise, Recording
from .states import TaskState, find_states

_QUIET_TURNS: Final = 50  # turns of the event loop; the SDK and the toolkit need fewer from one call to the next
_ADDRESS: Final = "poll://any@replay"
_PID: Final = "replay"
_TTL_MILLISECONDS: Final = 1
_VERSION: Final = 0


@dataclass(frozen=True)
class Verdict:
    """The result of the replays of a recording: the differences, and the number of states that have one."""

    differences: tuple[Difference, ...]
    states: int
    different_states: int

    @property
    def is_same(self) -> bool:
        """Whether running jobs can continue with the present code."""
        return not self.differences

    def __str__(self) -> str:
        if self.is_same:
            return f"the same in {self.states} states"
        found = "\n".join(f"  {one}" for one in self.differences)
        return f"differs in {self.different_states} of {self.states} states that a running job may be in\n{found}"


def replay(recording: Recording, workflows: Iterable[Workflow[..., Any]]) -> Verdict:
    """Replay a job and its parts on other workers in each of their states.

    A part of another group belongs to another program, unless its name is among the workflows.
    """
    replayer = Replayer(known := list(workflows))
    names = {workflow.name for workflow in known}
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(lambda *_: None)  # abandoned tasks of bodies that did not end
        found = [
            runner.run(replayer.replay(recording, state))
            for task in recording.tasks()
            if task.param["func"] in names or task.address == recording.job.address
            for state in find_states(recording, task)
        ]
    by_promise: dict[str, Difference] = {}
    for differences in found:
        for one in differences:
            by_promise.setdefault(one.promise, one)
    return Verdict(tuple(by_promise.values()), len(found), sum(map(bool, found)))


@dataclass(frozen=True)
class Ended:
    """How a body ended."""

    state: str
    value: Any


class Unfinished(Enum):
    """Why a body has not ended."""

    SUSPENDED = auto()  # until promises are settled
    WAITING = auto()  # for a step that was under way, or for an event of its own code


class Replayer:
    """Runs bodies as a worker does."""

    def __init__(self, workflows: Iterable[Workflow[..., Any]]) -> None:
        self._codec: Final = LenientCodec()
        self._registry: Final = Registry()
        for workflow in workflows:
            self._registry.register(workflow.name, workflow, workflow.version)

    async def replay(self, recording: Recording, state: TaskState) -> Sequence[Difference]:
        """Run the body of a task in one of its states; return the differences."""
        final = {one.id: one for one in recording.promises}
        wording = Wording(state.task, final)
        effects = RecordedEffects(state, final, wording, self._codec)
        steps = OpenSteps()
        try:
            outcome = await self._execute(state.task, effects, steps)
        except FunctionNotFoundError as error:
            return [wording.unknown_workflow(error.name, error.version)]
        except SerializationError as error:
            return [wording.unreadable_result(effects.last_call or state.task.id, str(error.error))]
        except ResonateError as error:
            return effects.differences or [wording.unreplayable(error)]
        if outcome is Unfinished.WAITING and not steps.count:
            return [wording.stuck()]
        if not effects.differences and (missing := effects.find_missing_call()):
            return [missing]
        if not effects.differences and state.is_last and isinstance(outcome, Ended):
            effects.compare_result(state.task.id, outcome.state, outcome.value)
        return effects.differences

    async def _execute(
        self, task: RecordedPromise, effects: RecordedEffects, steps: "OpenSteps"
    ) -> "Ended | Unfinished":
        """Run the body until it ends, is suspended, or waits; return how it ended."""
        began = task.created_at
        run = Run(task.id, _VERSION, Tools(clock=Clock(now=lambda: began / 1_000), find_body=steps.find_body))
        core = self._make_core(began)
        outcomes = list[Any]()

        async def execute() -> None:
            outcomes.append(await core.execute_until_blocked_inner(open_record(task), effects))

        execution = asyncio.create_task(run.execute(execute()))
        try:
            await _wait_until_quiet(execution, lambda: effects.count + steps.count)
            if not execution.done():
                return Unfinished.WAITING
            if error := execution.result():
                raise error.cause if isinstance(error, PlatformError) else error
        finally:
            await _cancel_other_tasks()
        [outcome] = outcomes
        is_fulfilled = hasattr(outcome, "state")  # the other outcome is a suspension
        return Ended(outcome.state, self._codec.decode(outcome.value)) if is_fulfilled else Unfinished.SUSPENDED

    def _make_core(self, now: int) -> Core:
        return Core(
            sender=None,  # type: ignore[arg-type] # the execution of a body does not use it
            fencing=None,  # type: ignore[arg-type]
            codec=self._codec,
            registry=self._registry,
            resolver=lambda target: target or _ADDRESS,
            pid=_PID,
            ttl=_TTL_MILLISECONDS,
            retry_policy=Never(),
            clock=lambda: now,
            observer=noop_observer,
        )


class OpenSteps:
    """The bodies of steps that were under way: they never end."""

    def __init__(self) -> None:
        self.count = 0

    def find_body(self, _: Body) -> Body:
        """Return what runs in place of a step's function."""
        return self._stay_open

    async def _stay_open(self, *_: object, **__: object) -> None:
        self.count += 1
        await asyncio.Event().wait()  # until the replay ends


async def _wait_until_quiet(execution: asyncio.Task[Any], count_events: Callable[[], int]) -> None:
    """Return when the execution has ended or cannot proceed: nothing here waits for time or I/O."""
    events, quiet_turns = -1, 0
    while not execution.done() and quiet_turns < _QUIET_TURNS:
        await asyncio.sleep(0)
        quiet_turns = quiet_turns + 1 if events == count_events() else 0
        events = count_events()


async def _cancel_other_tasks() -> None:
    """End the asyncio tasks that a body has left running, so that they do not disturb the next replay."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
