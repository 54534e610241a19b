"""Changes that several requests share: expiry, settlement, waking of tasks, notification of listeners."""

from local.server.rows import LEASE, RESEND, Row, encode_json
from local.server.transaction import Transaction
from wire.requests import TARGET, PromiseCreate, PromiseSettle

BRANCH = "resonate:branch"
TIMER = "resonate:timer"

IS_DUE = "state = 'pending' AND timeout_at <= ?"
ENDING = "id, is_timer, timeout_at, target"  # the columns that time_out needs
# Times wrap at 64 bits, as in the real server.
I64 = 2**63


def wrap_i64(time: int) -> int:
    """Wrap a time to a signed 64-bit integer."""
    return (time + I64) % (2 * I64) - I64


def expire(tx: Transaction, *ids: str) -> None:
    """Time out those of the promises that are due; every rule that names promises starts with this."""
    query = f"SELECT {ENDING} FROM promises WHERE {IS_DUE} AND id = ?"
    due = [row for i in dict.fromkeys(ids) for row in tx.sql(query, (tx.now, i)).fetchall()]
    if due:
        time_out(tx, due)


def time_out(tx: Transaction, due: list[Row]) -> None:
    """Settle promises at their deadline (a timer resolves), then wake tasks and notify listeners."""
    for promise_id, is_timer, timeout_at, target in due:
        state = "resolved" if is_timer else "rejected_timedout"
        tx.sql("UPDATE promises SET state = ?, settled_at = ? WHERE id = ?", (state, timeout_at, promise_id))
        if target is not None:
            end_task(tx, promise_id)
    for promise_id, *_ in due:
        announce(tx, promise_id)


def settle(tx: Transaction, request: PromiseSettle) -> None:
    """Settle the promise if it is pending."""
    changed = tx.sql(
        "UPDATE promises SET state = ?, value = ?, settled_at = ? WHERE id = ? AND state = 'pending' RETURNING target",
        (request.state, encode_json(request.value), tx.now, request.id),
    ).fetchone()
    if changed is None:
        return
    if changed[0] is not None:
        end_task(tx, request.id)
    announce(tx, request.id)


def end_task(tx: Transaction, promise_id: str) -> None:
    """End the task of a settled promise."""
    ended = tx.sql(
        "UPDATE tasks SET state = 'fulfilled', timer = NULL, timeout_at = NULL, pid = NULL "
        "WHERE id = ? AND state != 'fulfilled'",
        (promise_id,),
    )
    if ended.rowcount:
        tx.sql("DELETE FROM callbacks WHERE awaiter = ?", (promise_id,))


def announce(tx: Transaction, promise_id: str) -> None:
    """Wake the tasks that await a settled promise, and notify its listeners."""
    ready = tx.sql("UPDATE callbacks SET ready = 1 WHERE awaited = ? RETURNING awaiter", (promise_id,))
    for (awaiter,) in ready.fetchall():
        wake(tx, awaiter)
    listeners = tx.sql("DELETE FROM listeners WHERE id = ? RETURNING address", (promise_id,))
    for (address,) in listeners.fetchall():
        tx.outbox.put_unblock(promise_id, address)


def wake(tx: Transaction, task_id: str) -> None:
    """Offer the task if it is suspended; in any other state it learns of the settlement itself."""
    offer(tx, task_id, "state = 'suspended'")


def offer(tx: Transaction, task_id: str, condition: str) -> bool:
    """Make the task pending if the condition holds; its message is sent now and after each retry timeout."""
    offered = tx.sql(
        f"UPDATE tasks SET state = 'pending', timer = {RESEND}, timeout_at = ?, ttl = ?, pid = NULL "
        f"WHERE id = ? AND {condition} RETURNING version, target",
        (wrap_i64(tx.now + tx.retry_timeout), tx.retry_timeout, task_id),
    ).fetchone()
    if offered:
        tx.outbox.put_execute(task_id, *offered)
    return offered is not None


def create(tx: Transaction, request: PromiseCreate, *, fired_at: int | None = None) -> None:
    """Create the promise if its id is new, and its task if it has a target; `fired_at` is set for a schedule's."""
    fresh, is_open = insert(tx, request, fired_at)
    target = request.tags.get(TARGET)
    if not fresh or target is None:
        return
    if not is_open:
        insert_ended_task(tx, request.id, target)
        return
    born_at = tx.now if fired_at is None else fired_at
    tx.sql(
        "INSERT INTO tasks (id, state, version, target, timer, timeout_at, ttl) "
        f"VALUES (?, 'pending', 0, ?, {RESEND}, ?, ?)",
        (request.id, target, wrap_i64(born_at + tx.retry_timeout), tx.retry_timeout),
    )
    tx.outbox.put_execute(request.id, 0, target)


def insert(tx: Transaction, request: PromiseCreate, fired_at: int | None = None) -> tuple[bool, bool]:
    """Insert the promise's row; return whether its id was new and whether it is open.

    A promise past its deadline is created and settled at the deadline; a schedule's is created at the firing time.
    """
    tags, deadline = request.tags, request.timeout_at
    is_timer = tags.get(TIMER) == "true"
    is_open = tx.now < deadline
    state = "pending" if is_open else "resolved" if is_timer else "rejected_timedout"
    born_at = fired_at if fired_at is not None else min(tx.now, deadline)
    settled_at = None if is_open else deadline
    addresses = (tags.get(TARGET), tags.get(BRANCH))
    param = encode_json(request.param)
    inserted = tx.sql(
        "INSERT OR IGNORE INTO promises "
        "(id, state, param, tags, timeout_at, created_at, settled_at, target, branch, is_timer) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (request.id, state, param, encode_json(tags), deadline, born_at, settled_at, *addresses, is_timer),
    )
    if not inserted.rowcount:
        return False, is_open
    for key, value in tags.items():
        tx.sql("INSERT INTO tags (tag_key, tag_value, promise_id) VALUES (?, ?, ?)", (key, value, request.id))
    return True, is_open


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
