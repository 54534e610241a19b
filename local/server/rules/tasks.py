"""task.get, create, acquire, fence, suspend, fulfill, release, heartbeat, halt, continue, search."""

from msgspec import ValidationError, convert

from local.server.rows import LEASE, PROMISE, TASK, Row, promise_of, task_of
from local.server.search import search_tasks
from local.server.turn import Answer, Turn, bad, conflict, missing, ok, unfit
from wire.answers import (
    AcquiredTask,
    EmptyAnswer,
    FenceAnswer,
    InnerAnswer,
    InnerHead,
    OnePromise,
    OneTask,
    Preload,
    TaskPage,
)
from wire.envelope import VERSION
from wire.records import Promise, Task
from wire.requests import (
    TARGET,
    PromiseCreate,
    PromiseSettle,
    TaskAcquire,
    TaskContinue,
    TaskCreate,
    TaskFence,
    TaskFulfill,
    TaskGet,
    TaskHalt,
    TaskHeartbeat,
    TaskRelease,
    TaskSearch,
    TaskSuspend,
)

from .changes import create as record
from .changes import expire, insert, insert_ended_task, offer, take, wrapped
from .changes import settle as end
from .promises import NO_AWAITED, NO_PROMISE, existing, fault_of, find

NO_TASK = "Task not found"
NOT_HELD = "Task version mismatch or invalid state"


FENCED: dict[str, type[PromiseCreate | PromiseSettle]] = {shape.kind: shape for shape in (PromiseCreate, PromiseSettle)}


def _task(turn: Turn, task_id: str) -> Task | None:
    row: Row | None = turn.sql(f"SELECT {TASK} FROM tasks WHERE id = ?", (task_id,)).fetchone()
    return task_of(row) if row else None


def _refusal(turn: Turn, task_id: str, version: int, sentence: str) -> Answer | None:
    """Why somebody who says to hold this task at this version may not act on it; None when they may."""
    state = turn.sql("SELECT state, version FROM tasks WHERE id = ?", (task_id,)).fetchone()
    if state is None:
        return missing(NO_TASK)
    return None if state == ("acquired", version) else conflict(sentence)


def _preload(turn: Turn, task_id: str) -> list[Promise]:
    """The other promises of the task's branch, settled ones too: what its function may ask for next."""
    rows = turn.sql(
        f"SELECT {PROMISE} FROM promises "
        "WHERE branch = (SELECT branch FROM promises WHERE id = ?1) AND id != ?1 ORDER BY id",
        (task_id,),
    )
    return [promise_of(row) for row in rows]


def _taken(turn: Turn, task_id: str) -> Answer:
    task = _task(turn, task_id)
    assert task, "the rule has just taken it"
    return ok(AcquiredTask(task=task, promise=existing(turn, task_id), preload=_preload(turn, task_id)))


def get(turn: Turn, request: TaskGet) -> Answer:
    """Read a task."""
    expire(turn, request.id)
    task = _task(turn, request.id)
    return ok(OneTask(task=task)) if task else missing(NO_TASK)


def create(turn: Turn, request: TaskCreate) -> Answer:
    """Create a promise and take its task; of a known promise, take the task if nobody has it."""
    promise = request.action.data
    if fault := fault_of(promise):
        return bad(fault)
    expire(turn, promise.id)
    fresh, is_open = insert(turn, promise)
    if fresh and is_open:
        turn.sql(
            f"INSERT INTO tasks (id, state, version, target, timer, timeout_at, ttl, pid) "
            f"VALUES (?, 'acquired', 1, ?, {LEASE}, ?, ?, ?)",
            (promise.id, promise.tags[TARGET], wrapped(turn.now + request.ttl), request.ttl, request.pid),
        )
        return _taken(turn, promise.id)
    if fresh:
        insert_ended_task(turn, promise.id, promise.tags[TARGET])
    return _take_known(turn, request)


def _take_known(turn: Turn, request: TaskCreate) -> Answer:
    promise_id = request.action.data.id
    task = _task(turn, promise_id)
    if task is None:
        return unfit("Promise exists without a target task")
    if task.state == "fulfilled":
        return ok(AcquiredTask(task=task, promise=existing(turn, promise_id), preload=[]))
    if take(turn, promise_id, task.version, pid=request.pid, ttl=request.ttl):
        return _taken(turn, promise_id)
    return conflict("Already exists")


def acquire(turn: Turn, request: TaskAcquire) -> Answer:
    """Take a pending task."""
    expire(turn, request.id)
    if take(turn, request.id, request.version, pid=request.pid, ttl=request.ttl):
        return _taken(turn, request.id)
    task = _task(turn, request.id)
    if task is None:
        return missing(NO_TASK)
    return conflict("Version mismatch" if task.state == "pending" else "Task is not pending")


def fence(turn: Turn, request: TaskFence) -> Answer:
    """Create or settle another promise while the task is held at this version, and only then."""
    inner_id = _inner_id(request)
    if inner_id == request.id:
        return bad("Action ID must not equal the task ID")
    expire(turn, request.id, inner_id)
    shape = FENCED.get(request.action.kind)
    if shape is None:
        return bad("Invalid fence action kind")
    try:
        action = convert(request.action.data, shape)
    except ValidationError as error:
        return bad(f"Invalid action data: {error}")
    if isinstance(action, PromiseCreate) and (fault := fault_of(action)):
        return bad(fault)
    return _refusal(turn, request.id, request.version, "Version mismatch") or _fenced(turn, request, action)


def _inner_id(request: TaskFence) -> str:
    """The promise that the action names, as far as it names one: it is timed out before the action is judged."""
    data = request.action.data
    named = data.get("id") if isinstance(data, dict) else None
    return named if isinstance(named, str) else ""


def _fenced(turn: Turn, request: TaskFence, action: PromiseCreate | PromiseSettle) -> Answer:
    if isinstance(action, PromiseCreate):
        record(turn, action)
    else:
        end(turn, action)
    promise = find(turn, action.id)
    head = InnerHead(corr_id=turn.corr_id, status=200 if promise else 404, version=VERSION)
    inner = InnerAnswer(kind=action.kind, head=head, data=OnePromise(promise=promise) if promise else NO_PROMISE)
    return ok(FenceAnswer(action=inner, preload=_preload(turn, request.id)))


def suspend(turn: Turn, request: TaskSuspend) -> Answer:
    """Let go until an awaited promise is settled; 300 when one of them is already."""
    awaited = list(dict.fromkeys(action.data.awaited for action in request.actions))
    expire(turn, request.id, *awaited)
    if refusal := _refusal(turn, request.id, request.version, "Task is not acquired or version mismatch"):
        return refusal
    states = [turn.sql("SELECT state FROM promises WHERE id = ?", (i,)).fetchone() for i in awaited]
    if None in states:
        return unfit(NO_AWAITED)
    turn.sql("DELETE FROM callbacks WHERE awaiter = ? AND ready = 1", (request.id,))
    if any(state != ("pending",) for state in states):
        return Answer(300, Preload(preload=_preload(turn, request.id)))
    for promise_id in awaited:
        turn.sql("INSERT OR IGNORE INTO callbacks (awaited, awaiter) VALUES (?, ?)", (promise_id, request.id))
    _let_go(turn, request.id, "suspended")
    return ok(EmptyAnswer())


def _let_go(turn: Turn, task_id: str, state: str) -> None:
    """Nobody holds the task and no timer runs."""
    turn.sql("UPDATE tasks SET state = ?, timer = NULL, timeout_at = NULL, pid = NULL WHERE id = ?", (state, task_id))


def fulfill(turn: Turn, request: TaskFulfill) -> Answer:
    """Settle the promise of a held task."""
    expire(turn, request.id)
    if refusal := _refusal(turn, request.id, request.version, NOT_HELD):
        return refusal
    end(turn, request.action.data)
    return ok(OnePromise(promise=existing(turn, request.id)))


def release(turn: Turn, request: TaskRelease) -> Answer:
    """Give a held task back: its message goes out at once."""
    expire(turn, request.id)
    if refusal := _refusal(turn, request.id, request.version, NOT_HELD):
        return refusal
    offer(turn, request.id, "state = 'acquired'")
    return ok(EmptyAnswer())


def heartbeat(turn: Turn, request: TaskHeartbeat) -> Answer:
    """Extend the leases of those of the tasks that this process still holds."""
    for beat in request.tasks:
        turn.sql(
            "UPDATE tasks SET timeout_at = ? + ttl WHERE id = ? AND pid = ? AND version = ? AND state = 'acquired'",
            (turn.now, beat.id, request.pid, beat.version),
        )
    return ok(EmptyAnswer())


def halt(turn: Turn, request: TaskHalt) -> Answer:
    """Stop a task where it is, whoever holds it; what it waits for is kept."""
    expire(turn, request.id)
    task = _task(turn, request.id)
    if task is None:
        return missing(NO_TASK)
    if task.state == "fulfilled":
        return conflict("Task is fulfilled")
    _let_go(turn, request.id, "halted")
    return ok(EmptyAnswer())


def continue_(turn: Turn, request: TaskContinue) -> Answer:
    """Let a halted task be taken again."""
    expire(turn, request.id)
    if offer(turn, request.id, "state = 'halted'"):
        return ok(EmptyAnswer())
    return conflict("Task is not halted") if _task(turn, request.id) else missing(NO_TASK)


def search(turn: Turn, request: TaskSearch) -> Answer:
    """Page through tasks; it times nothing out."""
    rows, cursor = search_tasks(turn.sql, request)
    return ok(TaskPage(tasks=[task_of(row) for row in rows], cursor=cursor))
