"""What the server answers when it does not refuse, one type a shape. A refusal's data is a plain sentence instead."""

from msgspec import field

from .messages import Message
from .records import Promise, Record, Schedule, Task


class EmptyAnswer(Record, frozen=True):
    """Nothing to tell but success."""


class OnePromise(Record, frozen=True):
    """The promise that the request was about."""

    promise: Promise


class PromisePage(Record, frozen=True):
    """A page of a search; the cursor is there when more follow."""

    promises: list[Promise]
    cursor: str | None = None


class OneTask(Record, frozen=True):
    """The task that the request was about."""

    task: Task


class TaskPage(Record, frozen=True):
    """A page of a search; the cursor is there when more follow."""

    tasks: list[Task]
    cursor: str | None = None


class AcquiredTask(Record, frozen=True):
    """A task with its promise, and the promises of its branch, so that its function can go on where it stopped."""

    task: Task
    promise: Promise
    preload: list[Promise]


class Preload(Record, frozen=True):
    """The promises of the task's branch: a suspend that found something settled sends the function on at once."""

    preload: list[Promise]


class InnerHead(Record, frozen=True):
    """The head of an answer inside an answer."""

    corr_id: str
    status: int
    version: str


class InnerAnswer(Record, frozen=True):
    """The answer to what was done under a fence."""

    kind: str
    head: InnerHead
    data: OnePromise | str


class FenceAnswer(Record, frozen=True):
    """The inner answer, and the promises of the task's branch."""

    action: InnerAnswer
    preload: list[Promise]


class OneSchedule(Record, frozen=True):
    """The schedule that the request was about."""

    schedule: Schedule


class SchedulePage(Record, frozen=True):
    """A page of a search; the cursor is there when more follow."""

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
    """Who waits for what."""

    awaiter: str
    awaited: str


class Listener(Record, frozen=True):
    """Who is told when a promise is settled."""

    id: str
    address: str


class Outgoing(Record, frozen=True):
    """A message that has not left yet."""

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
