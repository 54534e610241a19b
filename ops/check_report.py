"""Findings on the screen, each when it is found, and what they come to."""

from collections.abc import Iterable

from pydantic import JsonValue

from .doctor.check import CheckResult, Verdict
from .screen import Screen


def report(screen: Screen, findings: Iterable[CheckResult], *, as_json: bool = False) -> list[CheckResult]:
    """Print them, and return those that failed."""
    outcome = []
    for finding in findings:
        outcome.append(finding)
        if not as_json:
            _tell(screen, finding)
    if as_json:
        screen.print_json([_plain(finding) for finding in outcome])
    return [finding for finding in outcome if finding.outcome.verdict is Verdict.FAILED]


def _tell(screen: Screen, finding: CheckResult) -> None:
    outcome = finding.outcome
    screen.print_table([[f"{finding.name:14}", f"{outcome.verdict:7}", f"{finding.seconds:5.1f} s", outcome.sentence]])
    if outcome.remedy:
        screen.print_table([[" " * 14, " " * 7, " " * 7, f"-> {outcome.remedy}"]])


def _plain(finding: CheckResult) -> dict[str, JsonValue]:
    outcome = finding.outcome
    return {
        "check": finding.name,
        "verdict": outcome.verdict,
        "seconds": round(finding.seconds, 3),
        "sentence": outcome.sentence,
        "remedy": outcome.remedy,
    }
