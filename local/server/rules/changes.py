"""What follows from a change, whichever request caused it: expiry, settling, waking who waits, telling who listens."""

from local.server.rows import LEASE, RESEND, Row, text_of
from local.server.turn import Turn
from wire.requests import TARGET, PromiseCreate, PromiseSettle

BRANCH = "resonate:branch"
TIMER = "resonate:timer"

IS_DUE = "state = 'pending' AND timeout_at <= ?"
ENDING = "id, is_timer, timeout_at, target"  # what time_out must know
# Python's integers have no end, the database's do: a time beyond it wraps as the real server's does.
I64 = 2**63


def wrapped(time: int) -> int:
    """The time as a 64 bit integer."""
    return (time + I64) % (2 * I64) - I64


def expire(turn: Turn, *ids: str) -> None:
    """Time out those of the named promises that are due: it comes first in every rule that names promises."""
    query = f"SELECT {ENDING} FROM promises WHERE {IS_DUE} AND id = ?"
    due = [row for i in dict.fromkeys(ids) for row in turn.sql(query, (turn.now, i)).fetchall()]
    if due:
        time_out(turn, due)


def time_out(turn: Turn, due: list[Row]) -> None:
    """End promises at their deadline (a timer resolves there), then wake and tell."""
    for promise_id, is_timer, timeout_at, target in due:
        state = "resolved" if is_timer else "rejected_timedout"
        turn.sql("UPDATE promises SET state = ?, settled_at = ? WHERE id = ?", (state, timeout_at, promise_id))
        if target is not None:
            end_task(turn, promise_id)
    for promise_id, *_ in due:
        announce(turn, promise_id)


def settle(turn: Turn, request: PromiseSettle) -> None:
    """Settle the promise if it is pending; the first one to settle it wins."""
    changed = turn.sql(
        "UPDATE promises SET state = ?, value = ?, settled_at = ? WHERE id = ? AND state = 'pending' RETURNING target",
        (request.state, text_of(request.value), turn.now, request.id),
    ).fetchone()
    if changed is None:
        return
    if changed[0] is not None:
        end_task(turn, request.id)
    announce(turn, request.id)


def end_task(turn: Turn, promise_id: str) -> None:
    """The promise is settled: nobody needs to run its task any more, and it waits for nothing."""
    ended = turn.sql(
        "UPDATE tasks SET state = 'fulfilled', timer = NULL, timeout_at = NULL, pid = NULL "
        "WHERE id = ? AND state != 'fulfilled'",
        (promise_id,),
    )
    if ended.rowcount:
        turn.sql("DELETE FROM callbacks WHERE awaiter = ?", (promise_id,))


def announce(turn: Turn, promise_id: str) -> None:
    """The promise is settled: wake the tasks that await it, write to who listens."""
    ready = turn.sql("UPDATE callbacks SET ready = 1 WHERE awaited = ? RETURNING awaiter", (promise_id,))
    for (awaiter,) in ready.fetchall():
        wake(turn, awaiter)
    heard = turn.sql("DELETE FROM listeners WHERE id = ? RETURNING address", (promise_id,))
    for (address,) in heard.fetchall():
        turn.outbox.put_unblock(promise_id, address)


def wake(turn: Turn, task_id: str) -> None:
    """A suspended task may go on; in any other state it finds out when it looks."""
    offer(turn, task_id, "state = 'suspended'")


def offer(turn: Turn, task_id: str, condition: str) -> bool:
    """Make the task pending, if the condition holds, and send its message now and after each retry timeout."""
    offered = turn.sql(
        f"UPDATE tasks SET state = 'pending', timer = {RESEND}, timeout_at = ?, ttl = ?, pid = NULL "
        f"WHERE id = ? AND {condition} RETURNING version, target",
        (wrapped(turn.now + turn.retry_timeout), turn.retry_timeout, task_id),
    ).fetchone()
    if offered:
        turn.outbox.put_execute(task_id, *offered)
    return offered is not None


def create(turn: Turn, request: PromiseCreate, *, fired_at: int | None = None) -> None:
    """Record the promise if its id is new, and its task if it has a target; `fired_at` when a schedule creates it."""
    fresh, is_open = insert(turn, request, fired_at)
    target = request.tags.get(TARGET)
    if not fresh or target is None:
        return
    if not is_open:
        insert_ended_task(turn, request.id, target)
        return
    born_at = turn.now if fired_at is None else fired_at
    turn.sql(
        "INSERT INTO tasks (id, state, version, target, timer, timeout_at, ttl) "
        f"VALUES (?, 'pending', 0, ?, {RESEND}, ?, ?)",
        (request.id, target, wrapped(born_at + turn.retry_timeout), turn.retry_timeout),
    )
    turn.outbox.put_execute(request.id, 0, target)


def insert(turn: Turn, request: PromiseCreate, fired_at: int | None = None) -> tuple[bool, bool]:
    """Write the promise's row: (its id was new, it is still open).

    Past its deadline it is settled at birth, and born at its deadline; a schedule's is born when it was to fire.
    """
    tags, deadline = request.tags, request.timeout_at
    is_timer = tags.get(TIMER) == "true"
    is_open = turn.now < deadline
    state = "pending" if is_open else "resolved" if is_timer else "rejected_timedout"
    born_at = fired_at if fired_at is not None else min(turn.now, deadline)
    settled_at = None if is_open else deadline
    places = (tags.get(TARGET), tags.get(BRANCH))
    inserted = turn.sql(
        "INSERT OR IGNORE INTO promises "
        "(id, state, param, tags, timeout_at, created_at, settled_at, target, branch, is_timer) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (request.id, state, text_of(request.param), text_of(tags), deadline, born_at, settled_at, *places, is_timer),
    )
    if not inserted.rowcount:
        return False, is_open
    for key, value in tags.items():
        turn.sql("INSERT INTO tags (tag_key, tag_value, promise_id) VALUES (?, ?, ?)", (key, value, request.id))
    return True, is_open


def insert_ended_task(turn: Turn, task_id: str, target: str) -> None:
    """The promise was settled at birth: its task was never to be run."""
    turn.sql("INSERT INTO tasks (id, state, version, target) VALUES (?, 'fulfilled', 0, ?)", (task_id, target))


def take(turn: Turn, task_id: str, version: int, *, pid: str, ttl: int) -> bool:
    """Take a pending task at this version: the one place that bumps a version."""
    taken = turn.sql(
        f"UPDATE tasks SET state = 'acquired', version = version + 1, timer = {LEASE}, timeout_at = ?, ttl = ?, "
        "pid = ? WHERE id = ? AND version = ? AND state = 'pending'",
        (wrapped(turn.now + ttl), ttl, pid, task_id, version),
    )
    if taken.rowcount:
        turn.sql("DELETE FROM callbacks WHERE awaiter = ? AND ready = 1", (task_id,))
    return bool(taken.rowcount)
