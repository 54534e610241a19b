"""The certifier: runs a scenario again and again, and each time a worker dies at another of its requests.

The plain run is recorded. Then the certifier kills its worker before each request arrives and after each one was
answered, and loses each answer once. Another worker resumes. In each case the scenario must end as the plain run did,
and every effect must have happened as often as declared.
"""

import operator
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from durable.workflows import Workflow

from .certificate import Certificate, Problem, TrialRun
from .effects import Effects
from .jobs import JobFailedError
from .places import InProcess
from .request_log import CUTS, Cut, Fault, RequestLog
from .stage import Groups
from .workflow_test import WorkflowTest

_NO_EFFECTS: Final[Mapping[str, int]] = {}


@dataclass(frozen=True)
class Progress:
    """How far a certification is."""

    done: int  # runs
    total: int
    seconds: float


type Scenario = Callable[["Trial"], object]
type OnProgress = Callable[[Progress], None]
type Attempt = tuple[Fault, int]  # a fault, and the order of requests in which it is made
type Choose = Callable[[list[Attempt]], list[Attempt]]


class Trial:
    """One run of a scenario, which opens its test by `trial.test` and counts effects in `trial.effects`."""

    def __init__(self, fault: Fault | None = None, order: int = 0) -> None:
        self.effects: Final = Effects()
        self.log: Final = RequestLog(fault, order=order)
        self.tests: Final = list[WorkflowTest]()

    def test(self, *workflows: Workflow[..., Any], groups: Groups | None = None) -> WorkflowTest:
        """Return the test of this run, to be used with `with`."""
        self.tests.append(WorkflowTest(*workflows, groups=groups, on=InProcess(log=self.log)))
        return self.tests[-1]


def ignore_progress(_: Progress) -> None:
    """Do nothing."""


def certify(  # noqa: PLR0913 keyword-only
    scenario: Scenario,
    *,
    once: Sequence[str] = (),
    exactly: Mapping[str, int] = _NO_EFFECTS,
    cuts: Sequence[Cut] = CUTS,
    orders: int = 0,
    same: Callable[[Any, Any], bool] = operator.eq,
    choose: Choose = list,
    on_progress: OnProgress = ignore_progress,
) -> Certificate:
    """Run a scenario with every cut, and return the certificate.

    `once` names steps whose bodies may begin only once, `exactly` how often an effect must have happened. With
    `orders`, all cuts are repeated in this number of other orders of the requests. `same` compares what the scenario
    returned with what it returned in the plain run. `choose` gets all faults and returns the ones to try, for a quick
    run between full ones.
    """
    began = time.perf_counter()

    def find_problems(run: TrialRun) -> tuple[Problem, ...]:
        return tuple(_find_problems(plain, run, once, exactly, same))

    plain = _run(scenario, None, 0)
    problems, runs = find_problems(plain), list[TrialRun]()
    faults = choose(
        [(Fault(point, cut), order) for order in range(orders + 1) for point in plain.points for cut in cuts]
    )
    for fault, order in [] if problems else faults:  # if the plain run is wrong, further runs tell nothing
        runs.append(_run(scenario, fault, order))
        problems += find_problems(runs[-1])
        on_progress(Progress(len(runs), len(faults), time.perf_counter() - began))
    return Certificate(plain=plain, runs=tuple(runs), problems=problems, seconds=time.perf_counter() - began)


def _run(scenario: Scenario, fault: Fault | None, order: int) -> TrialRun:
    trial = Trial(fault, order)
    try:
        outcome = scenario(trial)
    except JobFailedError as error:
        outcome = f"{error.state}: {error.error.code} in {error.error.step}"
    except AssertionError as error:
        if fault is None:  # the scenario itself is wrong
            raise
        outcome = f"{type(error).__name__}: {error}"
    return TrialRun(
        fault=fault,
        order=order,
        outcome=outcome,
        bodies=sum((Counter(test.begun) for test in trial.tests), Counter[str]()),
        effects=trial.effects.counts,
        was_cut=trial.log.has_cut,
        points=tuple(trial.log.points),
    )


def _find_problems(
    plain: TrialRun,
    run: TrialRun,
    once: Sequence[str],
    exactly: Mapping[str, int],
    same: Callable[[Any, Any], bool],
) -> Iterator[Problem]:
    if not same(plain.outcome, run.outcome):
        yield Problem(run, f"it ended with {run.outcome!r}, and the plain run with {plain.outcome!r}")
    for step in once:
        if run.bodies[step] > 1:
            yield Problem(run, f"the body of step {step} began {run.bodies[step]} times, and may begin once")
    for effect, count in exactly.items():
        if run.effects[effect] != count:
            yield Problem(run, f"effect {effect} happened {run.effects[effect]} times, and not {count}")
