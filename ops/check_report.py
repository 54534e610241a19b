"""Prints the results of checks, each as soon as it is known."""

from collections.abc import Iterable

from pydantic import JsonValue

from .doctor.check import CheckResult, Verdict
from .screen import Screen


def print_results(screen: Screen, results: Iterable[CheckResult], *, as_json: bool = False) -> list[CheckResult]:
    """Print the results and return the failed ones."""
    printed = []
    for result in results:
        printed.append(result)
        if not as_json:
            _print(screen, result)
    if as_json:
        screen.print_json([_encode(result) for result in printed])
    return [result for result in printed if result.outcome.verdict is Verdict.FAILED]


def _print(screen: Screen, result: CheckResult) -> None:
    outcome = result.outcome
    screen.print_table([[f"{result.name:14}", f"{outcome.verdict:7}", f"{result.seconds:5.1f} s", outcome.sentence]])
    if outcome.remedy:
        screen.print_table([[" " * 14, " " * 7, " " * 7, f"-> {outcome.remedy}"]])


def _encode(result: CheckResult) -> dict[str, JsonValue]:
    outcome = result.outcome
    return {
        "check": result.name,
        "verdict": outcome.verdict,
        "seconds": round(result.seconds, 3),
        "sentence": outcome.sentence,
        "remedy": outcome.remedy,
    }
