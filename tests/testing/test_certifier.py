"""The certifier finds what a test of one run does not see, and passes the correct twins."""

import asyncio
from typing import Any

import pytest

from durable.testing import Progress, Scenario, Trial, certify
from tests.testing import planted
from tests.testing.flows import greet_later, run_all
from tests.testing.planted import run_plainly, run_sending

_SHUFFLED_RUNS = {"orders": 3, "cuts": ("after",)}
FAULTS = {
    "a branch by chance": (run_plainly(planted.branch_by_chance, 5), {}),
    "state outside of the body": (run_plainly(planted.remember, 1), {}),
    "a step that changes the body's list": (run_plainly(planted.change_list), {}),
    "a race whose winner is not kept": (
        run_plainly(planted.race_by_looking, others=(planted.wait,)),
        {"cuts": ("after",)},
    ),
    "an effect without a key": (run_sending(lambda _: None), {"exactly": {"sent": 1}}),
    "a body that may begin only once": (run_sending(str), {"once": ["send"]}),
    "two sequences on one context, in other orders": (run_plainly(planted.share_context), _SHUFFLED_RUNS),
}
TWINS = {
    "an effect with a key": (run_sending(str), {"exactly": {"sent": 1}}),
    "two sequences on one context, in one order": (run_plainly(planted.share_context), {}),
    "a scope for each sequence, in other orders": (
        run_plainly(planted.share_nothing, others=(planted.sequence,)),
        _SHUFFLED_RUNS,
    ),
    "parts": (run_plainly(run_all, 2, others=(greet_later,)), {"cuts": ("after",)}),
}


@pytest.mark.parametrize(("scenario", "declared"), FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found(scenario: Scenario, declared: dict[str, Any]) -> None:
    certificate = certify(scenario, **declared)
    assert not certificate.is_good
    assert all(problem.run.fault for problem in certificate.problems), "the plain run shows nothing"
    assert "FAULT" in str(certificate)


@pytest.mark.parametrize(("scenario", "declared"), TWINS.values(), ids=TWINS)
def test_a_correct_workflow_passes(scenario: Scenario, declared: dict[str, Any]) -> None:
    certificate = certify(scenario, **declared)
    assert certificate.is_good, str(certificate)
    assert any(run.was_cut for run in certificate.runs)


def test_a_quick_run_tries_the_chosen_faults_only() -> None:
    progress: list[Progress] = []
    last = lambda faults: faults[-1:]  # noqa: E731 a choice in a line
    certificate = certify(run_sending(lambda _: None), choose=last, on_progress=progress.append)
    assert [str(run) for run in certificate.runs] == [f"cut answer {certificate.plain.points[-1]}"]
    assert [(one.done, one.total) for one in progress] == [(1, 1)]


def test_every_request_is_cut_three_times_and_the_table_shows_it() -> None:
    progress: list[Progress] = []
    certificate = certify(run_sending(lambda _: None), exactly={"sent": 1}, on_progress=progress.append)
    assert [(one.done, one.total) for one in progress] == [(number, 12) for number in range(1, 13)]
    assert str(certificate).splitlines()[:5] == [
        "cut at                     before  after   answer  bodies begun more often than in the plain run",
        "task.acquire job-1         ok      ok      ok",
        "task.fence create job-1:1  ok      ok      ok",
        "task.fence settle job-1:1  FAULT   ok      ok      send +1",
        "task.fulfill settle job-1  ok      ok      ok",
    ]
    assert [str(problem) for problem in certificate.problems] == [
        "cut before task.fence settle job-1:1: effect sent happened 2 times, and not 1"
    ]


def test_a_scenario_that_is_wrong_without_any_fault_is_run_once() -> None:
    certificate = certify(run_sending(str), exactly={"received": 1})
    assert [str(problem) for problem in certificate.problems] == [
        "the plain run: effect received happened 0 times, and not 1"
    ]
    assert certificate.runs == ()


def test_a_failed_assertion_of_the_plain_run_is_raised() -> None:
    def scenario(trial: Trial) -> None:
        with trial.test(planted.wait, groups={"elsewhere": []}) as test:
            test.start(planted.wait, 1).answer("never")

    with pytest.raises(AssertionError, match="0 open questions"):
        certify(scenario)


def test_what_a_killed_worker_does_while_it_ends_has_no_effect() -> None:
    """A crash runs no clean-up; in a test the coroutines of the dead worker still end."""

    def scenario(trial: Trial) -> object:
        async def send(number: int) -> None:
            del number
            try:
                await asyncio.sleep(0)
                trial.effects.add("sent")
            finally:
                trial.effects.add("cleaned up")

        with trial.test(planted.send_twice) as test:
            test.replace(planted.send, send)
            return test.start(planted.send_twice).result()

    certificate = certify(scenario, cuts=("after",))
    assert certificate.is_good
    assert max(run.effects["cleaned up"] - run.effects["sent"] for run in certificate.runs) == 0
    assert max(run.bodies["send"] for run in certificate.runs) > 2
