"""task.get, create, acquire, fence, suspend, fulfill, release, heartbeat, halt, continue, search."""

from msgspec import ValidationError, convert

from durable.embedded.memory.held_tasks import HeldTask
from durable.embedded.rows import LEASE, TASK, Row, decode_task
from durable.embedded.search import search_tasks
from durable.embedded.transaction import Answer, Transaction, bad_request, conflict, not_found, ok, unprocessable
from durable.wire.answers import (
    AcquiredTaskAnswer,
    EmptyAnswer,
    FenceAnswer,
    InnerAnswer,
    InnerHead,
    OneTask,
    PreloadAnswer,
    PromiseAnswer,
    TaskPage,
)
from durable.wire.envelope import VERSION
from durable.wire.records import Task
from durable.wire.requests import (
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
from .changes import expire, insert, insert_ended_task, offer, take, wrap_i64
from .changes import settle as end
from .promises import NO_AWAITED, NO_PROMISE, find, find_creation_error, get_existing, list_preload

HELD_COLUMNS = "state, version, (SELECT branch FROM promises WHERE promises.id = tasks.id)"
NO_TASK = "Task not found"
NOT_HELD = "Task version mismatch or invalid state"


FENCED_KINDS: dict[str, type[PromiseCreate | PromiseSettle]] = {
    shape.kind: shape for shape in (PromiseCreate, PromiseSettle)
}


def _find_task(tx: Transaction, task_id: str) -> Task | None:
    row: Row | None = tx.sql(f"SELECT {TASK} FROM tasks WHERE id = ?", (task_id,)).fetchone()
    return decode_task(row) if row else None


def _find_held(tx: Transaction, task_id: str, version: int, sentence: str) -> HeldTask | Answer:
    """Return the task, or the refusal for a worker that does not hold it at this version."""
    held = tx.memory.held_tasks.get(task_id)
    if held is None:
        row = tx.sql(f"SELECT {HELD_COLUMNS} FROM tasks WHERE id = ?", (task_id,)).fetchone()
        if row is None:
            return not_found(NO_TASK)
        state, current, branch = row
        if state != "acquired":
            return conflict(sentence)
        held = HeldTask(task_id, current, branch)
        tx.memory.held_tasks.keep(held)
    return held if held.version == version else conflict(sentence)


def _answer_acquired(tx: Transaction, task_id: str) -> Answer:
    task, promise = _find_task(tx, task_id), get_existing(tx, task_id)
    assert task, "the rule has just acquired it"
    preload = list_preload(tx, task_id, promise.branch)
    return ok(AcquiredTaskAnswer(task=task, promise=promise.json, preload=preload))


def get(tx: Transaction, request: TaskGet) -> Answer:
    """Read a task."""
    expire(tx, request.id)
    task = _find_task(tx, request.id)
    return ok(OneTask(task=task)) if task else not_found(NO_TASK)


def create(tx: Transaction, request: TaskCreate) -> Answer:
    """Create a promise and acquire its task; of an existing promise, acquire the task if it is pending."""
    promise = request.action.data
    if error := find_creation_error(promise):
        return bad_request(error)
    expire(tx, promise.id)
    fresh = insert(tx, promise)
    if fresh and fresh.state == "pending":
        tx.sql(
            f"INSERT INTO tasks (id, state, version, target, timer, timeout_at, ttl, pid) "
            f"VALUES (?, 'acquired', 1, ?, {LEASE}, ?, ?, ?)",
            (promise.id, promise.tags[TARGET], wrap_i64(tx.now + request.ttl), request.ttl, request.pid),
        )
        return _answer_acquired(tx, promise.id)
    if fresh:
        insert_ended_task(tx, promise.id, promise.tags[TARGET])
    return _take_known(tx, request)


def _take_known(tx: Transaction, request: TaskCreate) -> Answer:
    promise_id = request.action.data.id
    task = _find_task(tx, promise_id)
    if task is None:
        return unprocessable("Promise exists without a target task")
    if task.state == "fulfilled":
        promise = get_existing(tx, promise_id)
        return ok(AcquiredTaskAnswer(task=task, promise=promise.json, preload=[]))
    if take(tx, promise_id, task.version, pid=request.pid, ttl=request.ttl):
        return _answer_acquired(tx, promise_id)
    return conflict("Already exists")


def acquire(tx: Transaction, request: TaskAcquire) -> Answer:
    """Acquire a pending task."""
    expire(tx, request.id)
    if take(tx, request.id, request.version, pid=request.pid, ttl=request.ttl):
        return _answer_acquired(tx, request.id)
    task = _find_task(tx, request.id)
    if task is None:
        return not_found(NO_TASK)
    return conflict("Version mismatch" if task.state == "pending" else "Task is not pending")


def fence(tx: Transaction, request: TaskFence) -> Answer:
    """Create or settle another promise, provided that the task is held at this version."""
    inner_id = _read_inner_id(request)
    if inner_id == request.id:
        return bad_request("Action ID must not equal the task ID")
    expire(tx, request.id, inner_id)
    shape = FENCED_KINDS.get(request.action.kind)
    if shape is None:
        return bad_request("Invalid fence action kind")
    try:
        action = convert(request.action.data, shape)
    except ValidationError as error:
        return bad_request(f"Invalid action data: {error}")
    if isinstance(action, PromiseCreate) and (problem := find_creation_error(action)):
        return bad_request(problem)
    held = _find_held(tx, request.id, request.version, "Version mismatch")
    return held if isinstance(held, Answer) else _run_fenced(tx, held, action)


def _read_inner_id(request: TaskFence) -> str:
    """Return the promise id of the action, if readable: it is timed out before the action is checked."""
    data = request.action.data
    named = data.get("id") if isinstance(data, dict) else None
    return named if isinstance(named, str) else ""


def _run_fenced(tx: Transaction, held: HeldTask, action: PromiseCreate | PromiseSettle) -> Answer:
    changed = record(tx, action) if isinstance(action, PromiseCreate) else end(tx, action)
    promise = changed or find(tx, action.id)
    head = InnerHead(corr_id=tx.corr_id, status=200 if promise else 404, version=VERSION)
    inner = InnerAnswer(
        kind=action.kind, head=head, data=PromiseAnswer(promise=promise.json) if promise else NO_PROMISE
    )
    return ok(FenceAnswer(action=inner, preload=list_preload(tx, held.id, held.branch)))


def suspend(tx: Transaction, request: TaskSuspend) -> Answer:
    """Suspend the task until an awaited promise is settled; answer 300 if one is settled already."""
    awaited = list(dict.fromkeys(action.data.awaited for action in request.actions))
    expire(tx, request.id, *awaited)
    held = _find_held(tx, request.id, request.version, "Task is not acquired or version mismatch")
    if isinstance(held, Answer):
        return held
    states = [tx.sql("SELECT state FROM promises WHERE id = ?", (i,)).fetchone() for i in awaited]
    if None in states:
        return unprocessable(NO_AWAITED)
    tx.sql("DELETE FROM callbacks WHERE awaiter = ? AND ready = 1", (request.id,))
    if any(state != ("pending",) for state in states):
        return Answer(300, PreloadAnswer(preload=list_preload(tx, held.id, held.branch)))
    for promise_id in awaited:
        tx.sql("INSERT OR IGNORE INTO callbacks (awaited, awaiter) VALUES (?, ?)", (promise_id, request.id))
    _end_lease(tx, request.id, "suspended")
    return ok(EmptyAnswer())


def _end_lease(tx: Transaction, task_id: str, state: str) -> None:
    """Move the task to a state without holder and timer."""
    tx.memory.held_tasks.drop(task_id)
    tx.sql("UPDATE tasks SET state = ?, timer = NULL, timeout_at = NULL, pid = NULL WHERE id = ?", (state, task_id))


def fulfill(tx: Transaction, request: TaskFulfill) -> Answer:
    """Settle the promise of a held task."""
    expire(tx, request.id)
    held = _find_held(tx, request.id, request.version, NOT_HELD)
    if isinstance(held, Answer):
        return held
    promise = end(tx, request.action.data) or get_existing(tx, request.id)
    return ok(PromiseAnswer(promise=promise.json))


def release(tx: Transaction, request: TaskRelease) -> Answer:
    """Give a held task back; its message is sent at once."""
    expire(tx, request.id)
    held = _find_held(tx, request.id, request.version, NOT_HELD)
    if isinstance(held, Answer):
        return held
    offer(tx, request.id, "state = 'acquired'")
    return ok(EmptyAnswer())


def heartbeat(tx: Transaction, request: TaskHeartbeat) -> Answer:
    """Extend the leases of the tasks that this process still holds."""
    for beat in request.tasks:
        tx.sql(
            "UPDATE tasks SET timeout_at = ? + ttl WHERE id = ? AND pid = ? AND version = ? AND state = 'acquired'",
            (tx.now, beat.id, request.pid, beat.version),
        )
    return ok(EmptyAnswer())


def halt(tx: Transaction, request: TaskHalt) -> Answer:
    """Stop a task in any state but fulfilled; the callbacks that it awaits are kept."""
    expire(tx, request.id)
    task = _find_task(tx, request.id)
    if task is None:
        return not_found(NO_TASK)
    if task.state == "fulfilled":
        return conflict("Task is fulfilled")
    _end_lease(tx, request.id, "halted")
    return ok(EmptyAnswer())


def continue_(tx: Transaction, request: TaskContinue) -> Answer:
    """Offer a halted task again."""
    expire(tx, request.id)
    if offer(tx, request.id, "state = 'halted'"):
        return ok(EmptyAnswer())
    return conflict("Task is not halted") if _find_task(tx, request.id) else not_found(NO_TASK)


def search(tx: Transaction, request: TaskSearch) -> Answer:
    """Return a page of tasks, without processing timeouts."""
    rows, cursor = search_tasks(tx.sql, request)
    return ok(TaskPage(tasks=[decode_task(row) for row in rows], cursor=cursor))
