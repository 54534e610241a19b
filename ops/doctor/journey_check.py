"""Runs a probe workflow through server and worker: a step, a child workflow, a sleep and a promise.

Every worker registers this workflow and runs it at its own start. Here any worker of the group may take it; the
reported times are those that the server recorded.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from contract.names import DOCUMENTS_ADDRESS
from durable.wire.answers import PromisePage
from durable.wire.records import Promise
from durable.wire.requests import TARGET, PromiseSearch

from .check import Outcome, fail, ok
from .context import CheckContext
from .server import DoctorServer

PROBE: Final = "durable_probe"  # its name in durable/runtime/probe.py
_POLL_SECONDS: Final = 0.1
_TIMEOUT_SECONDS: Final = 20.0  # a sleep ends up to 1 s late, and the server repeats a message after 2 to 5 s


def check_journey(context: CheckContext) -> Outcome:
    """Run the probe and report how long each part took."""
    server = context.server
    with server.start(PROBE, target=DOCUMENTS_ADDRESS) as promise_id:
        for _ in range(int(_TIMEOUT_SECONDS / _POLL_SECONDS)):
            if (root := server.get(promise_id)).state != "pending":
                return _report(server, root)
            context.clock.sleep(_POLL_SECONDS)
    sentence = f"a probe has not finished after {_TIMEOUT_SECONDS:.0f} s"
    return fail(sentence, "see ./longhand logs worker: all workers may be busy, or too old or new for the server")


def _report(server: DoctorServer, root: Promise) -> Outcome:
    children = server.ask(PromiseSearch(tags={"resonate:origin": root.id}), PromisePage).promises
    durations = measure_children(child for child in children if child.id != root.id)
    times = ", ".join(f"{kind} {milliseconds} ms" for kind, milliseconds in durations.items())
    total = (root.settled_at or 0) - root.created_at
    if root.state == "resolved":
        return ok(f"{total} ms: {times}")
    return fail(f"a probe ended as {root.state} after {total} ms ({times})", "see ./longhand logs worker")


def measure_children(children: Iterable[Promise]) -> Mapping[str, int]:
    """Return how many milliseconds each kind of child took; the first child of each kind counts."""
    durations: dict[str, int] = {}
    for child in sorted(children, key=lambda each: each.id):
        durations.setdefault(_kind_of(child), (child.settled_at or child.created_at) - child.created_at)
    return durations


def _kind_of(child: Promise) -> str:
    if child.tags.get("resonate:timer") == "true":
        return "sleep"
    if TARGET in child.tags:
        return "child workflow"
    return "step" if child.tags.get("resonate:scope") == "local" else "promise"
