"""What a workflow costs that waits for days, and what its test and its certificate cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from durable.testing import Trial, WorkflowTest, certify
from examples import expenses, signup

from .counting_server import CountingPlace
from .report import format_table

_ROUNDS: Final = 5  # the first one imports and compiles; the median is shown
_EXPENSE: Final = expenses.Expense(id="e7", cents=4_200)
_APPROVAL: Final = {"by": "ada", "approved": True}


def _make_approval_test(place: CountingPlace | None = None) -> WorkflowTest:
    test = WorkflowTest(expenses.reimburse, on=place) if place else WorkflowTest(expenses.reimburse)
    return _replace_services(test)


def _replace_services(test: WorkflowTest) -> WorkflowTest:
    test.replace(expenses.ask_manager, None)
    test.replace(expenses.pay_back, "payment 1")
    return test


def _approve_after_days(days: float) -> Callable[[WorkflowTest], object]:
    def run(test: WorkflowTest) -> object:
        job = test.start(expenses.reimburse, _EXPENSE)
        test.pass_time(days=days)
        job.answer(_APPROVAL)
        return job.result()

    return run


def _sign_up(test: WorkflowTest) -> object:
    test.replace(signup.create_user, "user 1")
    test.replace(signup.send_mail, None)
    test.replace(signup.find_first_project, "project 1")
    return test.start(signup.signup, "ada@example.com").result()


@dataclass(frozen=True)
class _Cost:
    requests: int
    cpu_milliseconds: float
    wall_milliseconds: float


def _run(open_test: Callable[[CountingPlace], WorkflowTest], body: Callable[[WorkflowTest], object]) -> _Cost:
    place = CountingPlace()
    started, cpu_started = time.perf_counter(), time.process_time()
    with open_test(place) as test:
        body(test)
    cpu, wall = time.process_time() - cpu_started, time.perf_counter() - started
    return _Cost(place.server.requests, cpu * 1_000, wall * 1_000)


def measure_waits() -> str:
    """Return the cost of tests in which days pass."""
    cases: list[tuple[str, Callable[[CountingPlace], WorkflowTest], Callable[[WorkflowTest], object]]] = [
        ("signup: sleeps 7 days", lambda place: WorkflowTest(signup.signup, on=place), _sign_up),
        ("approval: answered after 1 day", _make_approval_test, _approve_after_days(1)),
        ("approval: answered after 2.9 days", _make_approval_test, _approve_after_days(2.9)),
        ("approval: a reminder, answered after 4 days", _make_approval_test, _approve_after_days(4)),
    ]
    rows = []
    for name, open_test, body in cases:
        costs = sorted((_run(open_test, body) for _ in range(_ROUNDS)), key=lambda cost: cost.cpu_milliseconds)
        cost = costs[_ROUNDS // 2]
        rows.append([name, str(cost.requests), f"{cost.cpu_milliseconds:.0f}", f"{cost.wall_milliseconds:.0f}"])
    return format_table(["a test of a workflow that waits", "requests", "CPU ms", "wall ms"], rows)


def measure_certifier() -> str:
    """Return what the certificate of an approval costs."""

    def scenario(trial: Trial) -> Any:  # noqa: ANN401 the workflow's result
        with _replace_services(trial.test(expenses.reimburse)) as test:
            return _approve_after_days(1)(test)

    cpu_started = time.process_time()
    certificate = certify(scenario)
    seconds = time.process_time() - cpu_started
    assert certificate.is_good, certificate
    runs = len(certificate.runs)
    return format_table(
        ["certificate", "runs", "CPU s", "runs per CPU s"],
        [["approval: answered after 1 day", str(runs), f"{seconds:.2f}", f"{runs / seconds:.0f}"]],
    )
