"""Changes that several requests share: expiry, settlement, waking of tasks, notification of listeners."""

from durable.embedded.rows import LEASE, NO_VALUE, PROMISE, RESEND, Row, StoredPromise, encode_json, read_promise
from durable.embedded.transaction import Transaction
from durable.wire.requests import TARGET, PromiseCreate, PromiseSettle

BRANCH = "resonate:branch"
TIMER = "resonate:timer"

IS_DUE = "state = 'pending' AND timeout_at <= ?"
# Without the hint, SQLite scans all pending promises.
ALL_DUE = f"promises INDEXED BY promises_due WHERE {IS_DUE}"
# Most promises are awaited by none; this query costs a third of the two writes that it saves.
IS_AWAITED = (
    "EXISTS (SELECT 1 FROM callbacks WHERE awaited = promises.id) "
    "OR EXISTS (SELECT 1 FROM listeners WHERE listeners.id = promises.id)"
)
ENDING = f"id, is_timer, timeout_at, target, branch, {IS_AWAITED}"  # the columns that time_out needs
# Times wrap at 64 bits, as in the real server.
I64 = 2**63


def wrap_i64(time: int) -> int:
    """Wrap a time to a signed 64-bit integer."""
    return (time + I64) % (2 * I64) - I64


def expire(tx: Transaction, *ids: str) -> None:
    """Time out those of the promises that are due; every rule that names promises starts with this."""
    if not tx.memory.deadlines.has_passed(tx.now):
        return
    query = f"SELECT {ENDING} FROM promises WHERE {IS_DUE} AND id = ?"
    due = [row for i in dict.fromkeys(ids) for row in tx.sql(query, (tx.now, i)).fetchall()]
    if due:
        time_out(tx, due)


def time_out(tx: Transaction, due: list[Row]) -> None:
    """Settle promises at their deadline (a timer resolves), then wake tasks and notify listeners."""
    for promise_id, is_timer, timeout_at, target, branch, _ in due:
        state = "resolved" if is_timer else "rejected_timedout"
        tx.memory.branches.drop(branch)
        tx.sql("UPDATE promises SET state = ?, settled_at = ? WHERE id = ?", (state, timeout_at, promise_id))
        if target is not None:
            end_task(tx, promise_id)
    for promise_id, *_, is_awaited in due:
        if is_awaited:
            announce(tx, promise_id)


def settle(tx: Transaction, request: PromiseSettle) -> StoredPromise | None:
    """Settle the promise if it is pending, and return it; else return None."""
    # A query and an UPDATE take less time than an UPDATE with RETURNING, for which SQLite builds a table.
    query = f"SELECT {IS_AWAITED}, {PROMISE} FROM promises WHERE id = ? AND state = 'pending'"
    row: Row | None = tx.sql(query, (request.id,)).fetchone()
    if row is None:
        return None
    is_awaited, identity, _, param, _, tags, timeout_at, created_at, _, target, branch = row
    change = (request.state, encode_json(request.value), tx.now)
    tx.sql("UPDATE promises SET state = ?, value = ?, settled_at = ? WHERE id = ?", (*change, identity))
    state, value, settled_at = change
    promise = read_promise((identity, state, param, value, tags, timeout_at, created_at, settled_at, target, branch))
    tx.memory.branches.update(promise)
    if target is not None:
        end_task(tx, identity)
    if is_awaited:
        announce(tx, identity)
    return promise


def end_task(tx: Transaction, promise_id: str) -> None:
    """End the task of a settled promise."""
    tx.memory.held_tasks.drop(promise_id)
    ended = tx.sql(
        "UPDATE tasks SET state = 'fulfilled', timer = NULL, timeout_at = NULL, pid = NULL "
        "WHERE id = ? AND state != 'fulfilled'",
        (promise_id,),
    )
    if ended.rowcount:
        tx.sql("DELETE FROM callbacks WHERE awaiter = ?", (promise_id,))


def announce(tx: Transaction, promise_id: str) -> None:
    """Wake the tasks that await a settled promise, and notify its listeners."""
    awaiters = tx.sql("SELECT awaiter FROM callbacks WHERE awaited = ?", (promise_id,)).fetchall()
    if awaiters:
        tx.sql("UPDATE callbacks SET ready = 1 WHERE awaited = ?", (promise_id,))
    for (awaiter,) in awaiters:
        wake(tx, awaiter)
    addresses = tx.sql("SELECT address FROM listeners WHERE id = ?", (promise_id,)).fetchall()
    if addresses:
        tx.sql("DELETE FROM listeners WHERE id = ?", (promise_id,))
    for (address,) in addresses:
        tx.memory.outbox.put_unblock(promise_id, address)


def wake(tx: Transaction, task_id: str) -> None:
    """Offer the task if it is suspended; in any other state it learns of the settlement itself."""
    offer(tx, task_id, "state = 'suspended'")


def offer(tx: Transaction, task_id: str, condition: str) -> bool:
    """Make the task pending if the condition holds; its message is sent now and after each retry timeout."""
    tx.memory.held_tasks.drop(task_id)
    offered = tx.sql(
        f"UPDATE tasks SET state = 'pending', timer = {RESEND}, timeout_at = ?, ttl = ?, pid = NULL "
        f"WHERE id = ? AND {condition} RETURNING version, target",
        (wrap_i64(tx.now + tx.retry_timeout), tx.retry_timeout, task_id),
    ).fetchone()
    if offered:
        tx.memory.outbox.put_execute(task_id, *offered)
    return offered is not None


def create(tx: Transaction, request: PromiseCreate, *, fired_at: int | None = None) -> StoredPromise | None:
    """Create the promise, and its task if it has a target, and return it; None if its id exists.

    `fired_at` is set for a schedule's promise.
    """
    promise = insert(tx, request, fired_at)
    if promise and promise.target is not None:
        _insert_task(tx, promise, promise.target, fired_at)
    return promise


def _insert_task(tx: Transaction, promise: StoredPromise, target: str, fired_at: int | None) -> None:
    if promise.state != "pending":
        insert_ended_task(tx, promise.id, target)
        return
    born_at = tx.now if fired_at is None else fired_at
    tx.sql(
        "INSERT INTO tasks (id, state, version, target, timer, timeout_at, ttl) "
        f"VALUES (?, 'pending', 0, ?, {RESEND}, ?, ?)",
        (promise.id, target, wrap_i64(born_at + tx.retry_timeout), tx.retry_timeout),
    )
    tx.memory.outbox.put_execute(promise.id, 0, target)


def insert(tx: Transaction, request: PromiseCreate, fired_at: int | None = None) -> StoredPromise | None:
    """Insert the promise's row and return the promise; None if its id exists.

    A promise past its deadline is created and settled at the deadline; a schedule's is created at the firing time.
    """
    tags, deadline = request.tags, request.timeout_at
    is_timer = tags.get(TIMER) == "true"
    is_open = tx.now < deadline
    state = "pending" if is_open else "resolved" if is_timer else "rejected_timedout"
    created_at = fired_at if fired_at is not None else min(tx.now, deadline)
    payloads = (encode_json(request.param), NO_VALUE, encode_json(tags))
    times = (deadline, created_at, None if is_open else deadline)
    row = (request.id, state, *payloads, *times, tags.get(TARGET), tags.get(BRANCH))
    inserted = tx.sql(
        f"INSERT OR IGNORE INTO promises ({PROMISE}, is_timer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, is_timer),
    )
    if not inserted.rowcount:
        return None
    if is_open:
        tx.memory.deadlines.add(deadline)
    if tags:
        tx.memory.tag_index.add(request.id)
    promise = read_promise(row)
    tx.memory.branches.update(promise)
    return promise


def insert_ended_task(tx: Transaction, task_id: str, target: str) -> None:
    """Insert the task of a promise that was settled at creation."""
    tx.sql("INSERT INTO tasks (id, state, version, target) VALUES (?, 'fulfilled', 0, ?)", (task_id, target))


def take(tx: Transaction, task_id: str, version: int, *, pid: str, ttl: int) -> bool:
    """Acquire a pending task at this version; only this function raises a version."""
    taken = tx.sql(
        f"UPDATE tasks SET state = 'acquired', version = version + 1, timer = {LEASE}, timeout_at = ?, ttl = ?, "
        "pid = ? WHERE id = ? AND version = ? AND state = 'pending'",
        (wrap_i64(tx.now + ttl), ttl, pid, task_id, version),
    )
    if taken.rowcount:
        tx.sql("DELETE FROM callbacks WHERE awaiter = ? AND ready = 1", (task_id,))
    return bool(taken.rowcount)
