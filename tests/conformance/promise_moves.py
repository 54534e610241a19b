"""The writer's requests on promises and schedules: each draws its data from the state, or returns None."""

from random import Random

from .draw import (
    ADDRESSES,
    Data,
    chance,
    draw_address,
    draw_creation,
    draw_page,
    draw_settlement,
    draw_some,
    draw_value,
)
from .view import POOL, View

PROMISE_STATES = ("pending", "resolved", "rejected", "rejected_canceled", "rejected_timedout")
# Enough for more schedules than a page of a search has by default.
SCHEDULES = tuple(f"cron-{n:x}" for n in range(14))
EVERY_MINUTE = "* * * * *"
CRONS = (EVERY_MINUTE, "*/20 * * * * *", "*/7 * * * *", "5 17 * * *")
# The last makes a schedule meet the promises of the pool.
TEMPLATES = ("{{.id}}.{{.timestamp}}", "{{.id}}.{{.timestamp}}", "{{.id}}", "r")


def get(rng: Random, view: View) -> Data:
    """Read any promise."""
    return {"id": view.any_promise(rng)}


def create(rng: Random, view: View) -> Data:
    """Create a promise; half of them exist already."""
    name = view.new_promise(rng) if chance(rng, 0.5) else view.any_promise(rng)
    return draw_creation(rng, view, name)


def create_new(rng: Random, view: View) -> Data | None:
    """Create a promise that does not exist yet."""
    return draw_creation(rng, view, view.new_promise(rng)) if view.list_unused() else None


def settle(rng: Random, view: View) -> Data:
    """Settle a promise, often one that a task or listener waits for."""
    return draw_settlement(rng, choose_promise_to_settle(rng, view))


def choose_promise_to_settle(rng: Random, view: View) -> str:
    """Choose a promise that the task in the spotlight awaits, that another awaits, or any."""
    if view.awaited_in_spotlight and chance(rng, 0.6):
        return rng.choice(view.awaited_in_spotlight)
    if view.awaited and chance(rng, 0.4):
        return rng.choice(view.awaited)
    return rng.choice(POOL) if chance(rng, 0.15) else view.any_promise(rng)


def register_callback(rng: Random, view: View) -> Data:
    """Register a callback, also on settled promises."""
    resting = view.tasks_in("suspended", "halted")
    awaiter = view.choose(rng, resting) if resting and chance(rng, 0.4) else view.any_task(rng)
    if chance(rng, 0.08):
        awaiter = view.any_promise(rng)
    some = view.list_settled(excluding=awaiter) if chance(rng, 0.4) else view.list_pending(excluding=awaiter)
    awaited = view.choose(rng, some) if some and chance(rng, 0.85) else view.any_promise(rng)
    return {"awaited": awaited, "awaiter": awaiter}


def register_listener(rng: Random, view: View) -> Data:
    """Register a listener."""
    name = view.choose(rng, view.awaited) if view.awaited and chance(rng, 0.3) else view.any_promise(rng)
    return {"awaited": name, "address": draw_address(rng)}


def search(rng: Random, view: View) -> Data:
    """Page through promises."""
    drawn = draw_page(rng, list(view.promises))
    if chance(rng, 0.4):
        drawn["state"] = rng.choice(PROMISE_STATES)
    tagged = [promise for promise in view.state.promises if promise.tags]
    if tagged and chance(rng, 0.5):
        drawn["tags"] = draw_some(rng, rng.choice(tagged).tags)
    return drawn


def schedule_create(rng: Random, view: View) -> Data:
    """Create a schedule; some exist already."""
    there = {schedule.id for schedule in view.schedules}
    unused = [name for name in SCHEDULES if name not in there]
    tags: Data = {"resonate:target": rng.choice(ADDRESSES)} if chance(rng, 0.5) else {}
    if chance(rng, 0.3):
        tags |= {"resonate:origin": "mine", "resonate:timer": "true"}
    if chance(rng, 0.3):
        tags["colour"] = rng.choice(("red", "blue"))
    return {
        "id": rng.choice(sorted(there)) if there and chance(rng, 0.3) else rng.choice(unused or SCHEDULES),
        "cron": rng.choice(CRONS) if chance(rng, 0.9) else "never",
        "promiseId": rng.choice(TEMPLATES),
        "promiseTimeout": rng.choice((0, 1, 30_000, 100_000)),
        "promiseParam": draw_value(rng),
        "promiseTags": tags,
    }


def crowd_schedule(rng: Random, view: View) -> Data:
    """Create a schedule that makes a new promise and a new task every minute."""
    return {
        "id": SCHEDULES[len(view.schedules)],
        "cron": EVERY_MINUTE,
        "promiseId": TEMPLATES[0],
        "promiseTimeout": rng.choice((0, 100_000, 1_000_000)),
        "promiseTags": {
            "resonate:target": rng.choice(ADDRESSES),
            "resonate:origin": "mine",
            "colour": rng.choice(("red", "blue")),
        },
    }


def schedule_named(rng: Random, view: View) -> Data:
    """Read or delete a schedule."""
    there = [schedule.id for schedule in view.schedules]
    return {"id": view.choose(rng, there) if there and chance(rng, 0.85) else rng.choice(SCHEDULES)}


def schedule_search(rng: Random, view: View) -> Data:
    """Page through schedules."""
    drawn = draw_page(rng, [schedule.id for schedule in view.schedules])
    tagged = [schedule for schedule in view.schedules if schedule.promise_tags]
    if tagged and chance(rng, 0.4):
        drawn["tags"] = draw_some(rng, rng.choice(tagged).promise_tags)
    return drawn
