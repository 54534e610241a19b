"""The data of successful answers, one type for each shape. The data of a refusal is a plain sentence.

`P` is a promise: a record for clients, and JSON for the embedded server, which need not decode what it only sends.
"""

from msgspec import field

from .messages import Message
from .records import Promise, Record, Schedule, Task


class EmptyAnswer(Record, frozen=True):
    """Success without data."""


class PromiseAnswer[P](Record, frozen=True):
    """The requested promise."""

    promise: P


class PromisesAnswer[P](Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    promises: list[P]
    cursor: str | None = None


class OneTask(Record, frozen=True):
    """The requested task."""

    task: Task


class TaskPage(Record, frozen=True):
    """A page of a search; it has a cursor when more pages follow."""

    tasks: list[Task]
    cursor: str | None = None


class AcquiredTaskAnswer[P](Record, frozen=True):
    """A task with its promise, and the promises of its branch, with which its function resumes where it stopped."""

    task: Task
    promise: P
    preload: list[P]


class PreloadAnswer[P](Record, frozen=True):
    """The promises of the task's branch: the answer to a suspend that found an awaited promise settled."""

    preload: list[P]


class InnerHead(Record, frozen=True):
    """The head of a nested answer."""

    corr_id: str
    status: int
    version: str


class InnerAnswer[P](Record, frozen=True):
    """The answer to the action under a fence."""

    kind: str
    head: InnerHead
    data: PromiseAnswer[P] | str


class FenceAnswer[P](Record, frozen=True):
    """The nested answer, and the promises of the task's branch."""

    action: InnerAnswer[P]
    preload: list[P]


OnePromise = PromiseAnswer[Promise]
PromisePage = PromisesAnswer[Promise]
AcquiredTask = AcquiredTaskAnswer[Promise]


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
