"""The requests of the protocol, one type a kind: its fields, their ranges, and what must hold between them.

Decoding one of these is the whole validation of a request. Only what needs no knowledge of the server's state is
checked here; addresses and cron expressions are the server's to judge. In one file, though a long one: it is the
protocol's table of contents, and nothing in it but short types.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, field

from .fields import Integer, Limit, Natural, Positive, PromiseState, SettledBy, TaskState, Text
from .records import Record, Value

TARGET = "resonate:target"


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
    """Record a promise; the first one with an id stays. A target tag gives it a task."""

    kind = "promise.create"
    is_idempotent = True
    id: Text
    timeout_at: Natural
    param: Value = Value()
    tags: dict[str, str] = field(default_factory=dict)


class PromiseSettle(Request, frozen=True):
    """Settle a promise; one that is settled already stays as it is."""

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


class CreateAction(Record, frozen=True):
    """A promise.create inside another request; whatever kind and head say is not looked at."""

    kind: str
    head: object
    data: PromiseCreate


class TaskCreate(Request, frozen=True):
    """Create a promise and acquire its task in one go."""

    kind = "task.create"
    pid: Text
    ttl: Positive
    action: CreateAction

    def __post_init__(self) -> None:
        if TARGET not in self.action.data.tags:
            message = f"Action must have a {TARGET} tag"
            raise ValueError(message)


class TaskAcquire(Request, frozen=True):
    """Take a pending task for `ttl` milliseconds."""

    kind = "task.acquire"
    id: Text
    version: Natural
    pid: Text
    ttl: Positive


class FenceAction(Record, frozen=True):
    """What to do under the fence; its data is judged after its kind, so that each refusal names its own cause."""

    kind: str
    data: object
    head: object = None


class TaskFence(Request, frozen=True):
    """Create or settle another promise, but only while the task is held at this version."""

    kind = "task.fence"
    id: Text
    version: Natural
    action: FenceAction


class CallbackAction(Record, frozen=True):
    """A promise.register_callback inside another request."""

    kind: str
    head: object
    data: PromiseRegisterCallback


class TaskSuspend(Request, frozen=True):
    """Let go of a task until one of the awaited promises is settled."""

    kind = "task.suspend"
    id: Text
    version: Natural
    actions: Annotated[list[CallbackAction], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if any(action.data.awaiter != self.id for action in self.actions):
            message = "All action awaiter IDs must match the task ID"
            raise ValueError(message)


class SettleAction(Record, frozen=True):
    """A promise.settle inside another request."""

    kind: str
    head: object
    data: PromiseSettle


class TaskFulfill(Request, frozen=True):
    """Settle the promise of a held task, which ends the task."""

    kind = "task.fulfill"
    id: Text
    version: Natural
    action: SettleAction

    def __post_init__(self) -> None:
        if self.action.data.id != self.id:
            message = "Action ID must match the task ID"
            raise ValueError(message)


class TaskRelease(Request, frozen=True):
    """Give a held task back unfinished."""

    kind = "task.release"
    id: Text
    version: Natural


class Beat(Record, frozen=True):
    """One held task whose lease is to be extended."""

    id: str
    version: Integer


class TaskHeartbeat(Request, frozen=True):
    """Extend the leases of tasks that this process holds; the answer does not say which were still held."""

    kind = "task.heartbeat"
    is_idempotent = True
    pid: Text
    tasks: list[Beat]


class TaskHalt(Request, frozen=True):
    """The operator's brake: nobody can take the task until it is continued."""

    kind = "task.halt"
    is_idempotent = True
    id: Text


class TaskContinue(Request, frozen=True):
    """Release the operator's brake. Not idempotent: the second one is a conflict, or undoes a halt in between."""

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
    """Remove a schedule; what it created stays."""

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
    """Stop the clock and the delivery of messages: from now on requests drive the time."""

    kind = "debug.start"


class DebugStop(Request, frozen=True):
    """Let the clock and the messages run again."""

    kind = "debug.stop"


class DebugTick(Request, frozen=True):
    """Do everything that is due at this time."""

    kind = "debug.tick"
    time: Integer


class DebugSnap(Request, frozen=True):
    """Show the whole state, waiting messages included."""

    kind = "debug.snap"


class DebugReset(Request, frozen=True):
    """Forget everything."""

    kind = "debug.reset"
