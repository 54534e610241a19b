"""promise.get, create, settle, register_callback, register_listener, search."""

from local.server import address
from local.server.rows import PROMISE, Row, promise_of
from local.server.search import search_promises
from local.server.turn import Answer, Turn, bad, missing, ok, unfit
from wire.answers import OnePromise, PromisePage
from wire.records import Promise
from wire.requests import (
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


def find(turn: Turn, promise_id: str) -> Promise | None:
    """The promise as it is now."""
    row: Row | None = turn.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,)).fetchone()
    return promise_of(row) if row else None


def existing(turn: Turn, promise_id: str) -> Promise:
    """The promise that the rule has just written or seen."""
    [row] = turn.sql(f"SELECT {PROMISE} FROM promises WHERE id = ?", (promise_id,))
    return promise_of(row)


def fault_of(request: PromiseCreate) -> str | None:
    """What is wrong with a promise that a client wants to create. What a schedule creates is not asked."""
    if "\0" in request.id:
        return "Promise ID must not contain null bytes"
    target = request.tags.get(TARGET)
    return None if target is None or address.parse(target) else f"Invalid {TARGET} address"


def get(turn: Turn, request: PromiseGet) -> Answer:
    """Read a promise."""
    expire(turn, request.id)
    promise = find(turn, request.id)
    return ok(OnePromise(promise=promise)) if promise else missing(NO_PROMISE)


def create(turn: Turn, request: PromiseCreate) -> Answer:
    """Record a promise; when the id is known, the first one comes back."""
    if fault := fault_of(request):
        return bad(fault)
    expire(turn, request.id)
    record(turn, request)
    return ok(OnePromise(promise=existing(turn, request.id)))


def settle(turn: Turn, request: PromiseSettle) -> Answer:
    """Settle a promise; when it was settled before, it comes back as it was."""
    expire(turn, request.id)
    end(turn, request)
    promise = find(turn, request.id)
    return ok(OnePromise(promise=promise)) if promise else missing(NO_PROMISE)


def register_callback(turn: Turn, request: PromiseRegisterCallback) -> Answer:
    """Let the awaiter's task be woken by the awaited promise."""
    expire(turn, request.awaited, request.awaiter)
    awaited, awaiter = find(turn, request.awaited), find(turn, request.awaiter)
    if awaited is None:
        return missing(NO_AWAITED)
    if awaiter is None:
        return unfit("Awaiter promise not found")
    if TARGET not in awaiter.tags:
        return unfit(f"Awaiter promise has no {TARGET} tag")
    if awaited.state != "pending":
        wake(turn, request.awaiter)
        turn.sql(
            "INSERT OR IGNORE INTO callbacks (awaited, awaiter, ready) SELECT ?1, ?2, 1 "
            "WHERE EXISTS (SELECT 1 FROM tasks WHERE id = ?2 AND state IN ('pending', 'acquired'))",
            (request.awaited, request.awaiter),
        )
    elif awaiter.state == "pending":
        turn.sql("INSERT OR IGNORE INTO callbacks (awaited, awaiter) VALUES (?, ?)", (request.awaited, request.awaiter))
    return ok(OnePromise(promise=awaited))


def register_listener(turn: Turn, request: PromiseRegisterListener) -> Answer:
    """Let the address be told; of a promise that is settled already the answer tells all."""
    if address.parse(request.address) is None:
        return bad("Invalid listener address")
    expire(turn, request.awaited)
    promise = find(turn, request.awaited)
    if promise is None:
        return missing(NO_AWAITED)
    if promise.state == "pending":
        turn.sql("INSERT OR IGNORE INTO listeners (id, address) VALUES (?, ?)", (request.awaited, request.address))
    return ok(OnePromise(promise=promise))


def search(turn: Turn, request: PromiseSearch) -> Answer:
    """Page through promises; it times nothing out, so that an overdue one shows as pending."""
    rows, cursor = search_promises(turn.sql, request)
    return ok(PromisePage(promises=[promise_of(row) for row in rows], cursor=cursor))
