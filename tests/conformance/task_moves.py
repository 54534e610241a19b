"""The writer's requests on tasks: each draws its data from the state, or returns None."""

from random import Random

from . import draw
from .draw import PIDS, Data, action, chance
from .promise_moves import choose_promise_to_settle
from .target import Json
from .view import POOL, TASK_STATES, View


def choose_held_task(rng: Random, view: View) -> Data | None:
    """Choose a task and a version: mostly a held task and its version."""
    acquired = view.tasks_in("acquired")
    if chance(rng, 0.08):
        name = view.any_task(rng) if chance(rng, 0.6) else rng.choice(POOL)
        return {"id": name, "version": rng.choice((0, 1, 2))}
    if not acquired:
        return None
    # Resumed tasks are few and interesting.
    resumed = [name for name in acquired if view.tasks[name].resumes]
    name = view.choose(rng, resumed if resumed and chance(rng, 0.7) else acquired)
    return {"id": name, "version": _version(rng, view, name)}


def _version(rng: Random, view: View, name: str, right: float = 0.92) -> int:
    version = view.tasks[name].version
    return version if chance(rng, right) else max(0, version + rng.choice((-1, 1)))


def get(rng: Random, view: View) -> Data:
    """Read any task."""
    return {"id": view.any_task(rng)}


def create(rng: Random, view: View) -> Data:
    """Create a promise and acquire its task; some exist already, in any state."""
    name = view.new_promise(rng) if chance(rng, 0.5) else view.any_promise(rng)
    inner = draw.draw_creation(rng, view, name)
    tags = inner["tags"]
    assert isinstance(tags, dict)
    if chance(rng, 0.95):
        tags["resonate:target"] = draw.draw_address(rng)
    return {"pid": rng.choice(PIDS), "ttl": draw.draw_lease(rng), "action": action("promise.create", inner)}


def acquire(rng: Random, view: View) -> Data | None:
    """Acquire a pending task, or try one in another state."""
    waiting = view.tasks_in("pending")
    if chance(rng, 0.1):
        name = view.any_task(rng)
        version = view.tasks[name].version if name in view.tasks else 0
    elif waiting:
        name = view.choose(rng, waiting)
        version = _version(rng, view, name)
    else:
        return None
    return {"id": name, "version": version, "pid": rng.choice(PIDS), "ttl": draw.draw_lease(rng)}


def fence_create(rng: Random, view: View) -> Data | None:
    """Create a promise under a fence."""
    task = choose_held_task(rng, view)
    if task is None:
        return None
    name = view.new_promise(rng) if chance(rng, 0.6) else view.any_promise(rng)
    return {**task, "action": action("promise.create", draw.draw_creation(rng, view, name))}


def fence_settle(rng: Random, view: View) -> Data | None:
    """Settle a promise under a fence, often one that a task or listener waits for."""
    task = choose_held_task(rng, view)
    if task is None:
        return None
    name = choose_promise_to_settle(rng, view)
    kind = "promise.settle" if chance(rng, 0.97) else "promise.get"
    return {**task, "action": action(kind, draw.draw_settlement(rng, name))}


def suspend(rng: Random, view: View) -> Data | None:
    """Suspend a task: mostly on pending promises, sometimes on settled or missing ones, or on itself."""
    task = choose_held_task(rng, view)
    if task is None:
        return None
    name = str(task["id"])
    # Awaited promises and those that time out next are more interesting than others.
    groups = [
        view.list_pending(),
        view.list_pending(),
        view.list_pending(),
        view.soon,
        view.awaited,
        view.list_settled(),
    ]
    some = [other for other in rng.choice(groups) if other != name] or list(POOL)
    awaited = [view.choose(rng, some) for _ in range(rng.choice((1, 1, 2, 3)))]
    if chance(rng, 0.5 if name in view.tasks and view.tasks[name].resumes else 0.2):
        awaited.append(rng.choice(POOL))
    awaiter = name if chance(rng, 0.98) else rng.choice(POOL)
    actions: list[Json] = [_registration(other, awaiter) for other in awaited]
    return {**task, "actions": actions}


def _registration(awaited: str, awaiter: str) -> Data:
    return action("promise.register_callback", {"awaited": awaited, "awaiter": awaiter})


def fulfill(rng: Random, view: View) -> Data | None:
    """Fulfill a task."""
    task = choose_held_task(rng, view)
    if task is None:
        return None
    name = str(task["id"]) if chance(rng, 0.93) else rng.choice(POOL)
    return {**task, "action": action("promise.settle", draw.draw_settlement(rng, name))}


def heartbeat(rng: Random, view: View) -> Data | None:
    """Extend leases, valid and invalid ones together."""
    acquired = view.tasks_in("acquired")
    if not acquired:
        return None
    names = [view.choose(rng, acquired) for _ in range(rng.choice((1, 1, 2, 3)))]
    beats: list[Json] = [{"id": name, "version": _version(rng, view, name, 0.7)} for name in names]
    if chance(rng, 0.1):
        beats.insert(0, {"id": rng.choice(POOL), "version": rng.choice((-1, 0, 1))})
    holder = view.tasks[names[0]].pid
    return {"pid": holder if chance(rng, 0.75) else rng.choice(PIDS), "tasks": beats}


def halt(rng: Random, view: View) -> Data | None:
    """Halt a task, sometimes a fulfilled or missing one."""
    return _one_of(rng, view, view.tasks_in("pending", "acquired", "suspended", "halted"))


def continue_halted(rng: Random, view: View) -> Data | None:
    """Continue a halted task, sometimes one in another state."""
    return _one_of(rng, view, view.tasks_in("halted"))


def _one_of(rng: Random, view: View, names: list[str]) -> Data | None:
    if chance(rng, 0.1):
        return {"id": view.any_task(rng) if chance(rng, 0.6) else rng.choice(POOL)}
    return {"id": view.choose(rng, names)} if names else None


def search(rng: Random, view: View) -> Data:
    """Page through tasks."""
    drawn = draw.draw_page(rng, list(view.tasks))
    if chance(rng, 0.5):
        drawn["state"] = rng.choice(TASK_STATES)
    return drawn
