"""The data of successful answers, one type for each shape. The data of a refusal is a plain sentence."""

from msgspec import field

from .messages import Message
from .records import Promise, Record, Schedule, Task


class EmptyAnswer(Record, frozen=True):
    """Success without data."""


class OnePromise(Record, frozen=True):
    """The requested promise."""

    promise: Promise


class PromisePage(Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    promises: list[Promise]
    cursor: str | None = None


class OneTask(Record, frozen=True):
    """The requested task."""

    task: Task


class TaskPage(Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    tasks: list[Task]
    cursor: str | None = None


class AcquiredTask(Record, frozen=True):
    """A task with its promise, and the promises of its branch, with which its function resumes where it stopped."""

    task: Task
    promise: Promise
    preload: list[Promise]


class Preload(Record, frozen=True):
    """The promises of the task's branch: the answer to a suspend that found an awaited promise settled."""

    preload: list[Promise]


class InnerHead(Record, frozen=True):
    """The head of a nested answer."""

    corr_id: str
    status: int
    version: str


class InnerAnswer(Record, frozen=True):
    """The answer to the action under a fence."""

    kind: str
    head: InnerHead
    data: OnePromise | str


class FenceAnswer(Record, frozen=True):
    """The nested answer, and the promises of the task's branch."""

    action: InnerAnswer
    preload: list[Promise]


class OneSchedule(Record, frozen=True):
    """The requested schedule."""

    schedule: Schedule


class SchedulePage(Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    schedules: list[Schedule]
    cursor: str | None = None


class PromiseTimeout(Record, frozen=True):
    """When a pending promise times out."""

    id: str
    timeout: int


class TaskTimeout(Record, frozen=True):
    """When a task's timer fires: type 0 sends its message again, type 1 ends its lease."""

    id: str
    kind: int = field(name="type")
    timeout: int


class Callback(Record, frozen=True):
    """A promise whose task wakes when another promise is settled."""

    awaiter: str
    awaited: str


class Listener(Record, frozen=True):
    """An address that gets a message when a promise is settled."""

    id: str
    address: str


class Outgoing(Record, frozen=True):
    """A message that was not sent yet."""

    address: str
    message: Message


class Snapshot(Record, frozen=True):
    """The whole state of the server."""

    promises: list[Promise]
    promise_timeouts: list[PromiseTimeout]
    callbacks: list[Callback]
    listeners: list[Listener]
    tasks: list[Task]
    task_timeouts: list[TaskTimeout]
    messages: list[Outgoing]
