"""The random half of the suite looks where it should: what it reaches, that it repeats itself, how it compares."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.server_process import EmbeddedProgram
from tests.conftest import REAL_IN_SOAK

from .direct import open_direct
from .fleet import Fleet
from .pair import MIN_REFUSED_STATUS, Observation, canonical, comparable, observe
from .script import Step, from_text, to_text
from .shrink import differences, shrink_script
from .target import Answer, Json, Target
from .writer import LENGTH, Writer

SCRIPTS = 100  # enough that what a script meets only seldom is met
# These seeds reach all outcomes now. After a change of the writer, others may be needed, and the test finds them.
FIRST_SEEDS = (7, 17, 49, 2, 81, 83, 8, 28, 39, 84)
# Every answer that a kind of request can get, a fence's with what was done under it. If you change the writer so that
# it no longer gets one of these has weakened the suite.
EXPECTED_OUTCOMES = {
    "promise.get": {200, 404},
    "promise.create": {200, 400},
    "promise.settle": {200, 404},
    "promise.register_callback": {200, 400, 404, 422},
    "promise.register_listener": {200, 400, 404},
    "promise.search": {200, 400},
    "task.get": {200, 404},
    "task.create": {200, 400, 409, 422},
    "task.acquire": {200, 404, 409},
    "task.fence": {200, 400, 404, 409},
    "task.fence promise.create": {200},
    "task.fence promise.settle": {200, 404},
    "task.suspend": {200, 300, 400, 404, 409, 422},
    "task.fulfill": {200, 400, 404, 409},
    "task.release": {200, 404, 409},
    "task.heartbeat": {200},
    "task.halt": {200, 404, 409},
    "task.continue": {200, 404, 409},
    "task.search": {200, 400},
    "schedule.get": {200, 404},
    "schedule.create": {200, 400},
    "schedule.delete": {200, 404},
    "schedule.search": {200, 400},
    "debug.tick": {200},
}


@pytest.fixture(params=REAL_IN_SOAK)
def reference(request: pytest.FixtureRequest, fleet: Fleet, tmp_path: Path) -> Iterator[Target]:
    """Give the embedded server in this process; in `make soak` also the real one."""
    if isinstance(request.param, EmbeddedProgram):
        with open_direct(tmp_path) as target:
            yield target
    else:
        yield fleet.target(request.param)


def write_script(target: Target, seed: int) -> Iterator[tuple[Step, Observation]]:
    """Write a script against one server."""
    target.begin()
    writer = Writer(seed)
    for _ in range(LENGTH):
        step = writer.next_step()
        [seen] = observe(step, target)
        yield step, seen
        writer.record(seen)


@pytest.mark.parametrize("stops_early", [True, pytest.param(False, marks=pytest.mark.soak)])
def test_the_writer_gets_every_answer_that_there_is(reference: Target, *, stops_early: bool) -> None:
    """Each kind of request meets each of its outcomes, and no server error."""
    reached: dict[str, set[int]] = {kind: set() for kind in EXPECTED_OUTCOMES}
    for seed in dict.fromkeys((*FIRST_SEEDS, *range(SCRIPTS))):
        for step, seen in write_script(reference, seed):
            for kind, status in statuses(step, seen):
                reached[kind].add(status)
        if stops_early and reached == EXPECTED_OUTCOMES:
            break
    assert reached == EXPECTED_OUTCOMES


def statuses(step: Step, seen: Observation) -> Iterator[tuple[str, int]]:
    """The status of an answer, and of the answer inside it."""
    match seen.answer:
        case {"status": int(status), "body": {"data": {"action": {"kind": kind, "head": {"status": int(inner)}}}}}:
            yield f"{step.kind} {kind}", inner
            yield step.kind, status
        case {"status": int(status)}:
            yield step.kind, status


def test_the_same_seed_is_the_same_script(reference: Target) -> None:
    """A number is enough to tell a colleague what failed."""
    one, again, other = ([step for step, _ in write_script(reference, seed)] for seed in (3, 3, 4))
    assert one == again != other


def test_a_script_survives_being_written_down() -> None:
    """What was printed can be pasted."""
    script = [Step("promise.create", {"id": "ä\0\n", "timeoutAt": 2**62, "tags": {}}, -5), Step("debug.tick", {}, 0)]
    assert from_text(to_text(script)) == script


def test_the_shortest_script_has_only_what_is_needed() -> None:
    """Steps that the disagreement does not need are left out, wherever they stand."""
    script = [Step(kind, {}, 0) for kind in "abcdefghijk"]
    needed = [script[n] for n in (1, 2, 9)]
    assert shrink_script(script, lambda some: all(step in some for step in needed)) == needed


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (1, True), (0, None), ([1, 2], [2, 1]), ({"a": None}, {}), ("", [])]
)
def test_what_is_not_the_same_json_differs(one: Json, other: Json) -> None:
    """A number is not its float, a null is not nothing, and lists have an order."""
    assert canonical(Observation(one, {})) != canonical(Observation(other, {}))
    assert list(differences("answer", one, other))


def test_the_order_of_keys_does_not_differ() -> None:
    """Two servers may write an object as they like."""
    assert canonical(Observation({"a": 1, "b": 2}, {})) == canonical(Observation({"b": 2, "a": 1}, {}))


def test_only_the_sentence_of_a_refusal_may_differ() -> None:
    """Its status, its kind and its id may not, and the text of a success may not either."""

    def answer(sentence: Json, status: int = MIN_REFUSED_STATUS) -> Json:
        head: Json = {"corrId": "c", "status": status}
        return comparable(Answer(status, "application/json", {"kind": "k", "head": head, "data": sentence}))

    assert answer("no") == answer("never")
    assert answer("no") != answer({"error": "no"})
    assert answer("no") != answer("no", MIN_REFUSED_STATUS + 4)
    assert answer("one", 200) != answer("other", 200)
