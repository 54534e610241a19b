"""Draws the parts of a request: values, tags, deadlines, leases. Small sets, so that equal things meet."""

from random import Random

from .target import Json
from .view import View

type Data = dict[str, Json]

FAR = 10_000_000  # ms; beyond whatever a script's clock reaches step by step
SHARED_DEADLINE_MS = 20_000  # ms between the deadlines that promises share
PIDS = ("p1", "p2")
ADDRESSES = ("poll://any@g", "poll://any@g/p1", "poll://uni@g/p2", "http://127.0.0.1:9/x")
NO_ADDRESS = "nowhere"
SETTLED_STATES = ("resolved", "rejected", "rejected_canceled")
VALUES: tuple[Json, ...] = (
    {},
    {"data": "MQ=="},
    {"headers": {"b": "1", "a": "ä"}, "data": ""},
    {"headers": {}},
)


def chance(rng: Random, probability: float) -> bool:
    """Return True with this probability."""
    return rng.random() < probability


def draw_address(rng: Random) -> str:
    """An address, now and then one that is none."""
    return NO_ADDRESS if chance(rng, 0.03) else rng.choice(ADDRESSES)


def draw_value(rng: Random) -> Json:
    """A payload; most are empty."""
    return {} if chance(rng, 0.5) else rng.choice(VALUES)


def draw_deadline(rng: Random, view: View) -> int:
    """Draw a far time, a past one, or one of the next few that many promises share."""
    if chance(rng, 0.08):
        return view.now - rng.choice((-1, 0, 1, 5_000))
    if not chance(rng, view.mood.mortality):
        return view.now + FAR
    return (view.now // SHARED_DEADLINE_MS + rng.choice((1, 1, 2, 3))) * SHARED_DEADLINE_MS


def draw_lease(rng: Random) -> int:
    """How long a task is held, in ms."""
    return rng.choice((1, 500, 5_000, 40_000, FAR, FAR, FAR))


def draw_tags(rng: Random, name: str) -> dict[str, Json]:
    """Tags as the SDK sets them, with something left out here and there."""
    root = name.split(".", maxsplit=1)[0]
    is_root = name == root
    drawn: dict[str, Json] = {}
    if chance(rng, 0.9 if is_root else 0.5):
        drawn["resonate:target"] = draw_address(rng)
    if chance(rng, 0.9):
        drawn["resonate:branch"] = root if chance(rng, 0.8) else name
        drawn["resonate:origin"] = drawn["resonate:parent"] = root
        drawn["resonate:scope"] = "global" if "resonate:target" in drawn else "local"
    if chance(rng, 0.2):
        drawn["resonate:timer"] = "true" if chance(rng, 0.8) else "True"
    if chance(rng, 0.3):
        drawn["colour"] = rng.choice(("red", "blue"))
    return drawn


def draw_creation(rng: Random, view: View, name: str) -> Data:
    """The data of a promise.create."""
    return {"id": name, "timeoutAt": draw_deadline(rng, view), "param": draw_value(rng), "tags": draw_tags(rng, name)}


def draw_settlement(rng: Random, name: str) -> Data:
    """The data of a promise.settle."""
    return {"id": name, "state": rng.choice(SETTLED_STATES), "value": draw_value(rng)}


def draw_page(rng: Random, names: list[str]) -> Data:
    """The limit and cursor of a search, each sometimes left out."""
    drawn: Data = {}
    if chance(rng, 0.6):
        drawn["limit"] = rng.choice((1, 2, 3, 1000)) if chance(rng, 0.9) else rng.choice((0, 1001))
    if names and chance(rng, 0.4):
        drawn["cursor"] = rng.choice(names)
    return drawn


def draw_some(rng: Random, pairs: dict[str, str]) -> dict[str, Json]:
    """One or two entries of a record's tags."""
    names = rng.sample(sorted(pairs), k=min(len(pairs), rng.choice((1, 2))))
    return {name: pairs[name] for name in names}


def action(kind: str, data: Json) -> Data:
    """A request inside another one."""
    return {"kind": kind, "head": {}, "data": data}
