"""The whole way of a job through engine and worker: a step, a part as a task of its own, a sleep, a promise.

Every worker carries a workflow that goes this way, and proves itself with it when it starts. Here any worker of the
group may take it; the times are those that the engine wrote down.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from contract.names import DOCUMENTS_ADDRESS
from wire.answers import PromisePage
from wire.errors import WireError
from wire.records import Promise
from wire.requests import TARGET, PromiseSearch
from wire.roots import root_promise

from .check import Outcome, fail, ok
from .context import CheckContext
from .engine import LIFETIME, Engine, probe_id

PROBE: Final = "durable_probe"  # as durable/runtime/probe.py names it
VERSION: Final = 1
_LOOK: Final = 0.1  # seconds between two looks
_PATIENCE: Final = 20.0  # seconds; a sleep ends up to one late, and a message is sent again after 2 to 5


def journey(scene: CheckContext) -> Outcome:
    """Send it on its way, and say how long each part took."""
    engine, name = scene.engine, probe_id()
    timeout_at = engine.now + LIFETIME
    engine.create(root_promise(name, PROBE, version=VERSION, target=DOCUMENTS_ADDRESS, timeout_at=timeout_at))
    try:
        for _ in range(int(_PATIENCE / _LOOK)):
            if (root := engine.get(name)).state != "pending":
                return _judged(engine, root)
            scene.clock.sleep(_LOOK)
    finally:
        with suppress(WireError):
            engine.cancel(name)
    sentence = f"a probe is not done after {_PATIENCE:.0f} s"
    return fail(sentence, "look at ./longhand logs worker: all may be busy, or their version does not fit the engine's")


def _judged(engine: Engine, root: Promise) -> Outcome:
    children = engine.ask(PromiseSearch(tags={"resonate:origin": root.id}), PromisePage).promises
    times = ", ".join(
        f"{kind} {took} ms" for kind, took in spans(each for each in children if each.id != root.id).items()
    )
    took = (root.settled_at or 0) - root.created_at
    if root.state == "resolved":
        return ok(f"{took} ms: {times}")
    return fail(f"a probe ended as {root.state} after {took} ms ({times})", "look at ./longhand logs worker")


def spans(children: Iterable[Promise]) -> Mapping[str, int]:
    """How long each kind of child took, in milliseconds; of several of a kind, the first."""
    times: dict[str, int] = {}
    for child in sorted(children, key=lambda each: each.id):
        times.setdefault(_kind(child), (child.settled_at or child.created_at) - child.created_at)
    return times


def _kind(child: Promise) -> str:
    if child.tags.get("resonate:timer") == "true":
        return "sleep"
    if TARGET in child.tags:
        return "part"
    return "step" if child.tags.get("resonate:scope") == "local" else "promise"
