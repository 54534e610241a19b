"""promise.get, create, settle, register_callback, register_listener, search."""

from msgspec import Raw

from durable.embedded import address
from durable.embedded.rows import PROMISE, Row, StoredPromise, read_promise
from durable.embedded.search import search_promises
from durable.embedded.transaction import Answer, Transaction, bad_request, not_found, ok, unprocessable
from durable.wire.answers import PromiseAnswer, PromisesAnswer
from durable.wire.requests import (
    TARGET,
    PromiseCreate,
    PromiseGet,
    PromiseRegisterCallback,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
)

from .changes import create as record
from .changes import expire, wake
from .changes import settle as end

NO_PROMISE = "Promise not found"
NO_AWAITED = "Awaited promise not found"


def find(tx: Transaction, promise_id: str) -> StoredPromise | None:
    """Return the promise, if it exists."""
    row: Row | None = tx.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,)).fetchone()
    return read_promise(row) if row else None


def get_existing(tx: Transaction, promise_id: str) -> StoredPromise:
    """Return a promise that is known to exist."""
    [row] = tx.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,))
    return read_promise(row)


def list_preload(tx: Transaction, task_id: str, branch: str | None) -> list[Raw]:
    """Return the other promises of the task's branch, which its function may need next, in the order of their ids."""
    if branch is None:
        return []
    promises = tx.memory.branches.get(branch)
    if promises is None:
        rows = tx.sql(f"SELECT {PROMISE} FROM promises WHERE branch = ?", (branch,))
        promises = tx.memory.branches.keep(branch, map(read_promise, rows))
    return [promises[name] for name in sorted(promises) if name != task_id]


def find_creation_error(request: PromiseCreate) -> str | None:
    """Return why a client's promise is invalid, if so. A schedule's promise is not checked."""
    if "\0" in request.id:
        return "Promise ID must not contain null bytes"
    target = request.tags.get(TARGET)
    return None if target is None or address.parse(target) else f"Invalid {TARGET} address"


def get(tx: Transaction, request: PromiseGet) -> Answer:
    """Read a promise."""
    expire(tx, request.id)
    promise = find(tx, request.id)
    return ok(PromiseAnswer(promise=promise.json)) if promise else not_found(NO_PROMISE)


def create(tx: Transaction, request: PromiseCreate) -> Answer:
    """Create a promise; if the id exists, answer the existing one."""
    if error := find_creation_error(request):
        return bad_request(error)
    expire(tx, request.id)
    return ok(PromiseAnswer(promise=(record(tx, request) or get_existing(tx, request.id)).json))


def settle(tx: Transaction, request: PromiseSettle) -> Answer:
    """Settle a promise; if it was settled before, answer it unchanged."""
    expire(tx, request.id)
    promise = end(tx, request) or find(tx, request.id)
    return ok(PromiseAnswer(promise=promise.json)) if promise else not_found(NO_PROMISE)


def register_callback(tx: Transaction, request: PromiseRegisterCallback) -> Answer:
    """Have the awaited promise wake the awaiter's task."""
    expire(tx, request.awaited, request.awaiter)
    awaited, awaiter = find(tx, request.awaited), find(tx, request.awaiter)
    if awaited is None:
        return not_found(NO_AWAITED)
    if awaiter is None:
        return unprocessable("Awaiter promise not found")
    if awaiter.target is None:
        return unprocessable(f"Awaiter promise has no {TARGET} tag")
    if awaited.state != "pending":
        wake(tx, request.awaiter)
        tx.sql(
            "INSERT OR IGNORE INTO callbacks (awaited, awaiter, ready) SELECT ?1, ?2, 1 "
            "WHERE EXISTS (SELECT 1 FROM tasks WHERE id = ?2 AND state IN ('pending', 'acquired'))",
            (request.awaited, request.awaiter),
        )
    elif awaiter.state == "pending":
        tx.sql("INSERT OR IGNORE INTO callbacks (awaited, awaiter) VALUES (?, ?)", (request.awaited, request.awaiter))
    return ok(PromiseAnswer(promise=awaited.json))


def register_listener(tx: Transaction, request: PromiseRegisterListener) -> Answer:
    """Notify the address at settlement; for a settled promise the answer is enough."""
    if address.parse(request.address) is None:
        return bad_request("Invalid listener address")
    expire(tx, request.awaited)
    promise = find(tx, request.awaited)
    if promise is None:
        return not_found(NO_AWAITED)
    if promise.state == "pending":
        tx.sql("INSERT OR IGNORE INTO listeners (id, address) VALUES (?, ?)", (request.awaited, request.address))
    return ok(PromiseAnswer(promise=promise.json))


def search(tx: Transaction, request: PromiseSearch) -> Answer:
    """Return a page of promises; an overdue one shows as pending."""
    if request.tags:
        tx.memory.tag_index.update_all()
    rows, cursor = search_promises(tx.sql, request)
    return ok(PromisesAnswer(promises=[read_promise(row).json for row in rows], cursor=cursor))
