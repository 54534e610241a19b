"""The writer's view of the server before the next request: its state, indexed by what could happen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random
from typing import NamedTuple, Self

from msgspec import convert

from durable.wire.answers import SchedulePage, Snapshot
from durable.wire.fields import TaskState
from durable.wire.records import Promise, Schedule, Task

from .pair import Observation
from .target import Json

# Few ids, so that requests meet in the same records. In order of bytes "S" comes before "r".
ROOTS = ("r", "S", "t")
CHILDREN = tuple(f"{root}.{n}" for root in ROOTS for n in range(1, 10))
POOL = ROOTS + CHILDREN
TASK_STATES: tuple[TaskState, ...] = ("pending", "acquired", "suspended", "halted", "fulfilled")

EMPTY = Snapshot(promises=[], promise_timeouts=[], callbacks=[], listeners=[], tasks=[], task_timeouts=[], messages=[])


class Edge(NamedTuple):
    """A time at which something falls due, and the record to which it happens."""

    at: int
    id: str


def data_of(answer: Json) -> Json:
    """The data of an answer, as `comparable` keeps it."""
    match answer:
        case {"status": 200, "body": {"data": data}}:
            return data
    raise AssertionError(f"the reference refused to show its state: {answer!r}")


class Mood(NamedTuple):
    """How often a script's time jumps to the next edge, and how many promises have a near deadline."""

    haste: float
    mortality: float

    @classmethod
    def draw(cls, rng: Random) -> Self:
        """Draw one of a few."""
        return cls(haste=rng.choice((0.05, 0.12, 0.25)), mortality=rng.choice((0.1, 0.2, 0.6)))


@dataclass(frozen=True)
class View:
    """The state, the time, and the record in the spotlight, which requests prefer."""

    now: int
    mood: Mood
    state: Snapshot = EMPTY
    schedules: tuple[Schedule, ...] = ()
    spotlight: str | None = None

    def after(self, observation: Observation) -> Self:
        """Return the view after a step."""
        state = convert(data_of(observation.snapshot), Snapshot)
        if observation.schedules is None:
            return replace(self, state=state)
        return replace(
            self, state=state, schedules=tuple(convert(data_of(observation.schedules), SchedulePage).schedules)
        )

    @cached_property
    def promises(self) -> dict[str, Promise]:
        """Promises by id."""
        return {promise.id: promise for promise in self.state.promises}

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """Tasks by id."""
        return {task.id: task for task in self.state.tasks}

    @cached_property
    def edges(self) -> list[Edge]:
        """All timeouts, overdue ones included, the earliest first."""
        promises = [Edge(timer.timeout, timer.id) for timer in self.state.promise_timeouts]
        tasks = [Edge(timer.timeout, timer.id) for timer in self.state.task_timeouts]
        schedules = [Edge(schedule.next_run_at, schedule.id) for schedule in self.schedules]
        return sorted(promises + tasks + schedules)

    @cached_property
    def awaited(self) -> list[str]:
        """Promises that a task or listener awaits."""
        waiting = {callback.awaited for callback in self.state.callbacks}
        return sorted(waiting | {listener.id for listener in self.state.listeners})

    @cached_property
    def soon(self) -> list[str]:
        """The few promises that time out next or are overdue."""
        timers = sorted(self.state.promise_timeouts, key=lambda timer: timer.timeout)
        return [timer.id for timer in timers[:3]]

    @cached_property
    def awaited_in_spotlight(self) -> list[str]:
        """The promises that the task in the spotlight awaits."""
        return [callback.awaited for callback in self.state.callbacks if callback.awaiter == self.spotlight]

    def is_overdue(self, name: str | None) -> bool:
        """Return whether it is a promise that the next request will time out."""
        promise = self.promises.get(name or "")
        return promise is not None and promise.state == "pending" and promise.timeout_at <= self.now

    def tasks_in(self, *states: TaskState) -> list[str]:
        """Ids of the tasks in these states."""
        return [task.id for task in self.state.tasks if task.state in states]

    def list_pending(self, *, excluding: str = "") -> list[str]:
        """Ids of the promises that are pending, overdue ones included."""
        return [promise.id for promise in self.state.promises if promise.state == "pending" and promise.id != excluding]

    def list_settled(self, *, excluding: str = "") -> list[str]:
        """Ids of the promises that are not pending."""
        return [promise.id for promise in self.state.promises if promise.state != "pending" and promise.id != excluding]

    def list_unused(self) -> list[str]:
        """Return the ids of the pool without a promise, roots before their children."""
        return [name for name in POOL if name not in self.promises]

    def new_promise(self, rng: Random) -> str:
        """An id without a promise, if there is one: a root at first, so that children find their tree."""
        unused = self.list_unused()
        return rng.choice(unused[: len(ROOTS)] if unused else POOL)

    def choose(self, rng: Random, ids: Sequence[str]) -> str:
        """One of the ids, often the one in the spotlight."""
        if self.spotlight is not None and self.spotlight in ids and rng.random() < 0.7:
            return self.spotlight
        return rng.choice(ids)

    def any_promise(self, rng: Random) -> str:
        """A promise, settled as often as pending, or now and then an id that may have none."""
        groups = [group for group in (self.list_pending(), self.list_settled()) if group]
        return self.choose(rng, rng.choice(groups)) if groups and rng.random() < 0.9 else rng.choice(POOL)

    def any_task(self, rng: Random) -> str:
        """A task, in each state equally often, or now and then an id that may have none."""
        groups = [group for group in map(self.tasks_in, TASK_STATES) if group]
        return self.choose(rng, rng.choice(groups)) if groups and rng.random() < 0.9 else rng.choice(POOL)
