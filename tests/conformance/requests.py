"""The suite's requests in plain JSON.

They do not use the typed requests of `durable.wire`, as the embedded server does: a mistake there must not cancel out.
"""

from typing import NamedTuple

from .target import START, Json

RETRY = 30_000  # ms until the message of a pending task is sent again, on the servers with virtual time
DUE = START + 100_000  # when the promises time out
WORKERS = "poll://any@workers"
WORKER = "worker"  # the process that acquires tasks
LEASE = 5_000  # ms


class Call(NamedTuple):
    """One request without its time."""

    kind: str
    data: Json


def create(promise: str, *, due: int = DUE, data: str | None = None, target: str | None = None, **tags: str) -> Call:
    """Create a promise; tags are named by what follows `resonate:`."""
    named: dict[str, Json] = {f"resonate:{tag}": value for tag, value in tags.items()}
    if target is not None:
        named["resonate:target"] = target
    param: dict[str, Json] = {} if data is None else {"data": data}
    return Call("promise.create", {"id": promise, "timeoutAt": due, "param": param, "tags": named})


def get(promise: str) -> Call:
    """Read a promise."""
    return Call("promise.get", {"id": promise})


def settle(promise: str, state: str = "resolved", data: str | None = None) -> Call:
    """Settle a promise."""
    return Call("promise.settle", {"id": promise, "state": state, "value": {} if data is None else {"data": data}})


def call_back(awaiter: str, awaited: str) -> Call:
    """Register a callback: the awaited promise resumes the awaiter's task."""
    return Call("promise.register_callback", {"awaiter": awaiter, "awaited": awaited})


def listen(promise: str, address: str = WORKERS) -> Call:
    """Register a listener: the address gets the settled promise."""
    return Call("promise.register_listener", {"awaited": promise, "address": address})


def get_task(task: str) -> Call:
    """Read a task."""
    return Call("task.get", {"id": task})


def take(action: Call, *, pid: str = WORKER, ttl: int = LEASE) -> Call:
    """Create a promise and acquire its task."""
    return Call("task.create", {"pid": pid, "ttl": ttl, "action": inner(action)})


def acquire(task: str, version: int = 0, *, pid: str = WORKER, ttl: int = LEASE) -> Call:
    """Take a pending task."""
    return Call("task.acquire", {"id": task, "version": version, "pid": pid, "ttl": ttl})


def fence(task: str, version: int, action: Call) -> Call:
    """Create or settle another promise under the task's lease."""
    return Call("task.fence", {"id": task, "version": version, "action": inner(action)})


def suspend(task: str, version: int, *awaited: str) -> Call:
    """Suspend a task until one of the awaited promises is settled."""
    actions: list[Json] = [inner(call_back(task, promise)) for promise in awaited]
    return Call("task.suspend", {"id": task, "version": version, "actions": actions})


def fulfill(task: str, version: int, state: str = "resolved", data: str | None = None) -> Call:
    """Settle the promise of a held task, which ends it."""
    return Call("task.fulfill", {"id": task, "version": version, "action": inner(settle(task, state, data))})


def release(task: str, version: int) -> Call:
    """Give a held task back."""
    return Call("task.release", {"id": task, "version": version})


def heartbeat(*tasks: tuple[str, int], pid: str = WORKER) -> Call:
    """Extend the leases of tasks, each named with its version."""
    return Call("task.heartbeat", {"pid": pid, "tasks": [{"id": task, "version": version} for task, version in tasks]})


def halt(task: str) -> Call:
    """Stop a task."""
    return Call("task.halt", {"id": task})


def continue_task(task: str) -> Call:
    """Continue a halted task."""
    return Call("task.continue", {"id": task})


def schedule(name: str, cron: str = "* * * * *", *, promise: str = "{{.id}}.{{.timestamp}}", **more: Json) -> Call:
    """Create a schedule; `more` is added to its data."""
    data: dict[str, Json] = {"id": name, "cron": cron, "promiseId": promise, "promiseTimeout": 500_000}
    return Call("schedule.create", data | more)


def get_schedule(name: str) -> Call:
    """Read a schedule."""
    return Call("schedule.get", {"id": name})


def delete_schedule(name: str) -> Call:
    """Remove a schedule."""
    return Call("schedule.delete", {"id": name})


def search(what: str, **by: Json) -> Call:
    """Page through promises, tasks or schedules."""
    return Call(f"{what}.search", by)


def inner(action: Call) -> Json:
    """Wrap a request as the action of another one."""
    return {"kind": action.kind, "head": {}, "data": action.data}
