"""A fan-out awaits at most sixteen parts: of more pieces it makes groups, and gathers what each group returns."""

from collections import Counter

import pytest

from tests.durable.scene import EMBEDDED, Scene
from wire.requests import PromiseSearch


def numbers(size: int, bad: int | None = None) -> dict[str, object]:
    return {"job": "sum", "first": 0, "size": size, "bad": bad}


def wait_for_end(scene: Scene) -> None:
    """Let every piece run that waits."""
    scene.start(concurrency=20)
    scene.evidence.open_gate()


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, [0]), (16, list(range(16))), (17, [sum(range(6)), sum(range(6, 12)), sum(range(12, 17))])],
)
def test_up_to_sixteen_pieces_are_parts_and_more_are_grouped(scene: Scene, size: int, expected: list[int]) -> None:
    wait_for_end(scene)
    assert scene.result(scene.create("sum", "summed", numbers(size))) == expected


@EMBEDDED
def test_no_workflow_of_many_pieces_awaits_more_than_sixteen_parts(scene: Scene) -> None:
    wait_for_end(scene)
    job = scene.create("sum", "summed", numbers(130))
    assert sum(scene.result(job)) == sum(range(130))
    made = scene.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    assert max(Counter(promise.tags.get("resonate:parent") for promise in made).values()) <= 16


@EMBEDDED
@pytest.mark.parametrize("size", [10, 30])
def test_no_more_pieces_run_at_a_time_than_the_concurrency(scene: Scene, size: int) -> None:
    wait_for_end(scene)
    scene.result(scene.create("sum", "summed", numbers(size)))
    running = most = 0
    for what in scene.evidence.events_of("sum"):
        running += what.startswith("began-") - what.startswith("did-")
        most = max(most, running)
    assert most <= 4


@EMBEDDED
def test_the_failure_of_a_piece_is_the_failure_of_the_whole(scene: Scene) -> None:
    wait_for_end(scene)
    error = scene.error(scene.create("sum", "summed", numbers(20, bad=9)))
    assert (error["code"], error["step"], error["retry"]) == ("bad", "read_number", False)
