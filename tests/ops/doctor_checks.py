"""The checks of the doctor, one or a few at a time, and what each must say of a laptop."""

from collections.abc import Sequence
from dataclasses import replace

from ops.api import Api
from ops.doctor.check import Check, CheckResult, Verdict, run_checks
from ops.doctor.context import CheckContext
from ops.doctor.laptop_checks import CHECKS
from ops.doctor.server import DoctorServer
from tests.ops.stacks import CLOSED_PORT


def make_context(url: str, **more: object) -> CheckContext:
    """Return the context of checks at this server; without an API, unless one is given."""
    api = Api(CLOSED_PORT, sleep=lambda _: None)
    context = CheckContext(api=api, server=DoctorServer(url), worker_timeout=2.0)
    return replace(context, **more)  # type: ignore[arg-type] # each has its type


def select[C](checks: Sequence[Check[C]], *names: str) -> list[Check[C]]:
    """Return the named checks and those that they need."""
    needed = set(names)
    while more := {need for check in checks if check.name in needed for need in check.needs} - needed:
        needed |= more
    return [each for each in checks if each.name in needed]


def run(context: CheckContext, *names: str) -> dict[str, CheckResult]:
    """Run the named checks and those that they need."""
    return {result.name: result for result in run_checks(context, select(CHECKS, *names))}


def fail(context: CheckContext, name: str) -> str:
    """Return the sentence of a check, which must fail and have a remedy; the checks that it needs must pass."""
    results = run(context, name)
    outcome = results.pop(name).outcome
    assert outcome.verdict is Verdict.FAILED, outcome
    assert outcome.remedy
    assert [each for each in results.values() if each.outcome.verdict is not Verdict.OK] == []
    return outcome.sentence


def passes(context: CheckContext, name: str) -> bool:
    """Return whether a check passes."""
    return run(context, name)[name].outcome.verdict is Verdict.OK
