"""The requests of the protocol, one type for each kind: its fields, their ranges, and the rules between them.

Decoding one of these validates a request, apart from rules that need the server's state; the server also checks
addresses and cron expressions. The file is long because it holds every request, each as a short type.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, field

from .fields import Integer, Limit, Natural, Positive, PromiseState, SettledBy, TaskState, Text
from .records import Record, Value

TARGET = "resonate:target"
NAME_TAG = "durable:name"  # the tag with the name of a workflow's call


class Request(Record, frozen=True):
    """The data of one request; its kind goes into the envelope. An idempotent one may be sent again."""

    kind: ClassVar[str]
    is_idempotent: ClassVar[bool] = False


class PromiseGet(Request, frozen=True):
    """Read a promise."""

    kind = "promise.get"
    is_idempotent = True
    id: Text


class PromiseCreate(Request, frozen=True):
    """Create a promise, unless its id exists. A target tag gives it a task."""

    kind = "promise.create"
    is_idempotent = True
    id: Text
    timeout_at: Natural
    param: Value = Value()
    tags: dict[str, str] = field(default_factory=dict)


class PromiseSettle(Request, frozen=True):
    """Settle a promise; a settled one stays as it is."""

    kind = "promise.settle"
    is_idempotent = True
    id: Text
    state: SettledBy
    value: Value = Value()


class PromiseRegisterCallback(Request, frozen=True):
    """Wake the awaiter's task when the awaited promise is settled."""

    kind = "promise.register_callback"
    is_idempotent = True
    awaited: Text
    awaiter: Text

    def __post_init__(self) -> None:
        if self.awaited == self.awaiter:
            message = "Awaited and awaiter must be different promises"
            raise ValueError(message)


class PromiseRegisterListener(Request, frozen=True):
    """Send a message to the address when the promise is settled."""

    kind = "promise.register_listener"
    is_idempotent = True
    awaited: Text
    address: Text


class PromiseSearch(Request, frozen=True):
    """Page through promises in the order of their ids."""

    kind = "promise.search"
    is_idempotent = True
    state: PromiseState | None = None
    tags: dict[str, str] | None = None
    limit: Limit | None = None
    cursor: str | None = None


class TaskGet(Request, frozen=True):
    """Read a task."""

    kind = "task.get"
    is_idempotent = True
    id: Text


class Action[R: Request](Record, frozen=True):
    """A request inside another one; its kind and head are ignored."""

    kind: str
    head: object
    data: R


class TaskCreate(Request, frozen=True):
    """Create a promise and acquire its task in one request."""

    kind = "task.create"
    pid: Text
    ttl: Positive
    action: Action[PromiseCreate]

    def __post_init__(self) -> None:
        if TARGET not in self.action.data.tags:
            message = f"Action must have a {TARGET} tag"
            raise ValueError(message)


class TaskAcquire(Request, frozen=True):
    """Acquire a pending task for `ttl` milliseconds."""

    kind = "task.acquire"
    id: Text
    version: Natural
    pid: Text
    ttl: Positive


class FenceAction(Record, frozen=True):
    """The action under a fence; its data is validated after its kind, so that each refusal names its own cause."""

    kind: str
    data: object
    head: object = None


class TaskFence(Request, frozen=True):
    """Create or settle another promise, but only while the task is held at this version."""

    kind = "task.fence"
    id: Text
    version: Natural
    action: FenceAction


class TaskSuspend(Request, frozen=True):
    """Give up a task until one of the awaited promises is settled."""

    kind = "task.suspend"
    id: Text
    version: Natural
    actions: Annotated[list[Action[PromiseRegisterCallback]], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if any(action.data.awaiter != self.id for action in self.actions):
            message = "All action awaiter IDs must match the task ID"
            raise ValueError(message)


class TaskFulfill(Request, frozen=True):
    """Settle the promise of an acquired task, which ends the task."""

    kind = "task.fulfill"
    id: Text
    version: Natural
    action: Action[PromiseSettle]

    def __post_init__(self) -> None:
        if self.action.data.id != self.id:
            message = "Action ID must match the task ID"
            raise ValueError(message)


class TaskRelease(Request, frozen=True):
    """Give back an acquired task unfinished."""

    kind = "task.release"
    id: Text
    version: Natural


class Beat(Record, frozen=True):
    """An acquired task whose lease a heartbeat extends."""

    id: str
    version: Integer


class TaskHeartbeat(Request, frozen=True):
    """Extend the leases of a process's tasks. The answer does not list the tasks whose lease had expired."""

    kind = "task.heartbeat"
    is_idempotent = True
    pid: Text
    tasks: list[Beat]


class TaskHalt(Request, frozen=True):
    """Halt a task: no worker can acquire it until it is continued."""

    kind = "task.halt"
    is_idempotent = True
    id: Text


class TaskContinue(Request, frozen=True):
    """Let workers acquire a halted task. Not idempotent: a second one is a conflict, or undoes a later halt."""

    kind = "task.continue"
    id: Text


class TaskSearch(Request, frozen=True):
    """Page through tasks in the order of their ids."""

    kind = "task.search"
    is_idempotent = True
    state: TaskState | None = None
    limit: Limit | None = None
    cursor: str | None = None


class ScheduleGet(Request, frozen=True):
    """Read a schedule."""

    kind = "schedule.get"
    is_idempotent = True
    id: Text


class ScheduleCreate(Request, frozen=True):
    """Create a promise at each firing of a cron expression; {{.id}} and {{.timestamp}} in its id are filled in."""

    kind = "schedule.create"
    id: Text
    cron: Text
    promise_id: Text
    promise_timeout: Natural
    promise_param: Value = Value()
    promise_tags: dict[str, str] = field(default_factory=dict)


class ScheduleDelete(Request, frozen=True):
    """Remove a schedule; the promises that it created stay."""

    kind = "schedule.delete"
    id: Text


class ScheduleSearch(Request, frozen=True):
    """Page through schedules in the order of their ids."""

    kind = "schedule.search"
    is_idempotent = True
    tags: dict[str, str] | None = None
    limit: Limit | None = None
    cursor: str | None = None


class DebugStart(Request, frozen=True):
    """Stop the clock and the delivery of messages: requests then set the time."""

    kind = "debug.start"


class DebugStop(Request, frozen=True):
    """Resume the clock and the delivery of messages."""

    kind = "debug.stop"


class DebugTick(Request, frozen=True):
    """Fire all timers that are due at this time."""

    kind = "debug.tick"
    time: Integer


class DebugSnap(Request, frozen=True):
    """Read the whole state, unsent messages included."""

    kind = "debug.snap"


class DebugReset(Request, frozen=True):
    """Delete the whole state."""

    kind = "debug.reset"
