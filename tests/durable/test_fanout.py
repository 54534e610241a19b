"""Parts of a job on other workers: their concurrency, the order of results, and failures."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from durable import PermanentError
from durable.testing import HANGING, DriverOptions, WorkflowTest
from tests.conftest import BOTH_SERVERS
from tests.durable.conftest import DrivenPlace
from tests.durable.flows import Page
from tests.durable.flows_with_parts import Piece, apart, catching, note_failure, one_piece, with_slow_part, work
from tests.durable.worker_lab import WorkerLab, end_leases

ALL = (apart, catching, one_piece, with_slow_part)


class FakeWork:
    """Replaces the step of each part: the first attempts of some hang until the step's time limit."""

    def __init__(self, *hanging: int) -> None:
        self.hanging = set(hanging)
        self.attempts = Counter[int]()
        self.done: list[int] = []

    def __call__(self, piece: Piece) -> object:
        self.attempts[piece.number] += 1
        if piece.number in self.hanging and self.attempts[piece.number] == 1:
            return HANGING
        self.done.append(piece.number)
        return PermanentError("bad", f"number {piece.number} is bad") if piece.is_bad else Page(number=piece.number)


@pytest.fixture
def test(place: DrivenPlace) -> WorkflowTest:
    """Two workers."""
    return WorkflowTest(*ALL, on=replace(place, options=DriverOptions(workers_per_group=2)))


@BOTH_SERVERS
def test_results_are_in_the_order_of_the_requests(lab: WorkerLab) -> None:
    lab.start(concurrency=8)
    lab.start(concurrency=8)
    job = lab.create("wide", "apart", "wide", 10, 4, [])
    lab.evidence.open_gate()
    assert lab.result(job) == list(range(10))


def test_no_more_parts_run_than_the_concurrency(test: WorkflowTest) -> None:
    with test:
        fake = FakeWork(*range(10))
        test.replace(work, fake)
        job = test.start(apart, "wide", 10, 4, [])
        assert sorted(fake.attempts) == [0, 1, 2, 3]
        assert len(job.operations()) == 1 + 4 + 4  # one for all parts, and two for each that runs
        assert job.result() == list(range(10))
        assert set(fake.attempts.values()) == {2}


def test_a_slow_part_does_not_block_the_others(test: WorkflowTest) -> None:
    """It occupies one place, and the others use the rest."""
    with test:
        fake = FakeWork(0)
        test.replace(work, fake)
        job = test.start(with_slow_part, "wide", 10, 2)
        assert fake.done == list(range(1, 10))
        assert job.state == "pending"
        assert job.result() == list(range(10))


def test_the_step_after_a_failure_runs_however_many_parts_have_started(test: WorkflowTest) -> None:
    """A step is known by its position: it must not be taken for a part that started at that position."""
    with test:
        fake = FakeWork(0)
        test.replace(work, fake)
        test.replace(note_failure, None)
        job = test.start(catching, "wide", 6, 2)
        assert fake.done == list(range(1, 6))
        assert job.error().code == "bad"
        assert len(test.calls(note_failure)) == 1


def test_after_a_failure_running_parts_finish_and_no_others_start(test: WorkflowTest) -> None:
    """The job fails with the first failure in order, not in time."""
    with test:
        fake = FakeWork(0, 1, 2, 3)
        test.replace(work, fake)
        error = test.start(apart, "wide", 10, 4, [1, 2]).error()
        assert (error.code, error.message, error.step) == ("bad", "number 1 is bad", "work")
        # Parts 0 and 3 may end before the first failure, and then others take their places.
        assert fake.attempts.keys() <= set(range(6))
        assert {0, 3} <= set(fake.done)


def test_parts_inherit_the_callers_deadline(place: DrivenPlace) -> None:
    """The SDK would give each part a day, and a job may work longer."""
    with WorkflowTest(*ALL, on=place, lifetime=timedelta(days=30)) as test:
        test.replace(work, FakeWork(0, 1))
        job = test.start(apart, "wide", 2, 2, [])
        deadlines = [one.timeout_at for one in job.operations() if one.depth < 2]
        assert deadlines == pytest.approx([test.now + 30 * 86_400] * 3, abs=0.01)


def test_a_caller_that_waits_for_parts_holds_no_slot(place: DrivenPlace) -> None:
    """A concurrency of one is enough for a job and its parts."""
    with WorkflowTest(*ALL, on=replace(place, options=DriverOptions(concurrency=1))) as test:
        test.replace(work, FakeWork(0))
        assert test.start(apart, "wide", 3, 3, []).result() == [0, 1, 2]


@BOTH_SERVERS
def test_a_worker_may_die_while_its_job_waits_for_parts(lab: WorkerLab) -> None:
    first = lab.start(concurrency=1)
    job = lab.create("wide", "apart", "wide", 4, 4, [])
    lab.evidence.wait_for("wide", "began-0")
    first.kill()
    lab.evidence.open_gate()
    lab.start(concurrency=1)
    end_leases(lab.client, first)
    assert lab.result(job) == [0, 1, 2, 3]
    assert lab.evidence.events_of("wide").count("began-1") == 1


def test_running_and_queued_parts_of_a_canceled_job_are_canceled(place: DrivenPlace) -> None:
    """The worker notices it when it renews its leases; the part that runs is stopped."""
    with WorkflowTest(*ALL, on=replace(place, options=DriverOptions(concurrency=1))) as test:
        fake = FakeWork(*range(12))
        test.replace(work, fake)
        job = test.start(apart, "wide", 12, 12, [])
        job.cancel()
        test.pass_time(minutes=30)
        parts = [one for one in job.operations("piece") if one.kind == "part"]
        assert {part.state for part in parts} == {"rejected_canceled"}
        assert len(parts) == 12
        assert sum(fake.attempts.values()) <= 3
