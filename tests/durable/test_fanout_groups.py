"""A fan-out awaits at most sixteen parts: of more pieces it makes groups, and gathers what each group returns."""

from collections import Counter

import pytest

from durable.wire.requests import PromiseSearch
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab


def numbers(size: int, bad: int | None = None) -> dict[str, object]:
    return {"job": "sum", "first": 0, "size": size, "bad": bad}


def wait_for_end(lab: WorkerLab) -> None:
    """Let every piece run that waits."""
    lab.start(concurrency=20)
    lab.evidence.open_gate()


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, [0]), (16, list(range(16))), (17, [sum(range(6)), sum(range(6, 12)), sum(range(12, 17))])],
)
def test_up_to_sixteen_pieces_are_parts_and_more_are_grouped(lab: WorkerLab, size: int, expected: list[int]) -> None:
    wait_for_end(lab)
    assert lab.result(lab.create("sum", "summed", numbers(size))) == expected


@EMBEDDED_SERVER
def test_no_workflow_of_many_pieces_awaits_more_than_sixteen_parts(lab: WorkerLab) -> None:
    wait_for_end(lab)
    job = lab.create("sum", "summed", numbers(130))
    assert sum(lab.result(job)) == sum(range(130))
    made = lab.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
    assert max(Counter(promise.tags.get("resonate:parent") for promise in made).values()) <= 16


@EMBEDDED_SERVER
@pytest.mark.parametrize("size", [10, 30])
def test_no_more_pieces_run_at_a_time_than_the_concurrency(lab: WorkerLab, size: int) -> None:
    wait_for_end(lab)
    lab.result(lab.create("sum", "summed", numbers(size)))
    running = most = 0
    for what in lab.evidence.events_of("sum"):
        running += what.startswith("began-") - what.startswith("did-")
        most = max(most, running)
    assert most <= 4


@EMBEDDED_SERVER
def test_the_failure_of_a_piece_is_the_failure_of_the_whole(lab: WorkerLab) -> None:
    wait_for_end(lab)
    error = lab.error(lab.create("sum", "summed", numbers(20, bad=9)))
    assert (error["code"], error["step"], error["retry"]) == ("bad", "read_number", False)
