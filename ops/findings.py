"""Findings on the screen, each when it is found, and what they come to."""

from collections.abc import Iterable

from pydantic import JsonValue

from .doctor.check import Finding, Verdict
from .screen import Screen


def report(screen: Screen, findings: Iterable[Finding], *, as_json: bool = False) -> list[Finding]:
    """Print them, and return those that failed."""
    seen = []
    for finding in findings:
        seen.append(finding)
        if not as_json:
            _tell(screen, finding)
    if as_json:
        screen.json([_plain(finding) for finding in seen])
    return [finding for finding in seen if finding.seen.verdict is Verdict.FAILED]


def _tell(screen: Screen, finding: Finding) -> None:
    seen = finding.seen
    screen.table([[f"{finding.name:14}", f"{seen.verdict:7}", f"{finding.seconds:5.1f} s", seen.sentence]])
    if seen.remedy:
        screen.table([[" " * 14, " " * 7, " " * 7, f"-> {seen.remedy}"]])


def _plain(finding: Finding) -> dict[str, JsonValue]:
    seen = finding.seen
    return {
        "check": finding.name,
        "verdict": seen.verdict,
        "seconds": round(finding.seconds, 3),
        "sentence": seen.sentence,
        "remedy": seen.remedy,
    }
