"""What an operator may choose about operation: when AWS maintains the database, and how to look into a running task."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from .choice_values import ChoiceError, is_on, require_match

_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BACKUP: Final = rf"{_TIME}-{_TIME}"
_MAINTENANCE: Final = rf"(?:{'|'.join(_DAYS)}):{_TIME}-(?:{'|'.join(_DAYS)}):{_TIME}"
_DAY_MINUTES: Final = 24 * 60
_MIN_MINUTES: Final = 30  # the shortest window that RDS accepts

KEYS: Final[Mapping[str, str]] = {
    "backupWindow": "when the database is backed up each day, in UTC, such as 02:00-02:30",
    "maintenanceWindow": "when AWS may maintain the database each week, in UTC, such as sun:03:00-sun:04:00",
    "ecsExec": "on lets operators open a shell in a running task",
    "rollbackAlarms": "on rolls a deployment of workers back when the alarm JobsFail fires",
}


@dataclass(frozen=True, kw_only=True)
class OperationChoices:
    """Windows of the database, and what deployments and operators may do with tasks."""

    backup_window: str | None = None  # without one, AWS chooses it
    maintenance_window: str | None = None  # as above
    has_exec: bool = False
    has_rollback_alarms: bool = False

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Read the choices, or raise an error that names the invalid one."""
        choices = cls(
            backup_window=_read_window(texts, "backupWindow", _BACKUP, "two times such as 02:00-02:30"),
            maintenance_window=_read_window(
                texts, "maintenanceWindow", _MAINTENANCE, "days and times such as sun:03:00-sun:04:00"
            ),
            has_exec=is_on("ecsExec", texts),
            has_rollback_alarms=is_on("rollbackAlarms", texts),
        )
        _refuse_overlap(choices)
        return choices


def _read_window(texts: Mapping[str, str], key: str, pattern: str, expected: str) -> str | None:
    if key not in texts:
        return None
    window = require_match(key, texts[key].lower(), pattern, expected)
    start, end = _parse_window(window)
    if (end - start) % (7 * _DAY_MINUTES if window[0].isalpha() else _DAY_MINUTES) < _MIN_MINUTES:
        raise ChoiceError(f"-c {key}={texts[key]} is too short: a window has at least {_MIN_MINUTES} minutes")
    return window


def _parse_window(window: str) -> tuple[int, int]:
    """Return start and end in minutes, of the week if the window names days."""
    start, end = (_parse_time(each) for each in window.split("-"))
    return start, end


def _parse_time(text: str) -> int:
    day, hour, minute = re.fullmatch(r"(?:([a-z]{3}):)?(\d\d):(\d\d)", text).groups()  # type: ignore[union-attr]
    return (_DAYS.index(day) if day else 0) * _DAY_MINUTES + int(hour) * 60 + int(minute)


def _refuse_overlap(choices: OperationChoices) -> None:
    """Refuse windows that overlap, as RDS does, but minutes into a deployment."""
    if not choices.backup_window or not choices.maintenance_window:
        return
    start, end = _parse_window(choices.maintenance_window)
    week = 7 * _DAY_MINUTES
    maintained = {(start + minute) % week % _DAY_MINUTES for minute in range((end - start) % week)}
    start, end = _parse_window(choices.backup_window)
    if maintained & {(start + minute) % _DAY_MINUTES for minute in range((end - start) % _DAY_MINUTES)}:
        raise ChoiceError(
            f"-c backupWindow={choices.backup_window} overlaps maintenanceWindow={choices.maintenance_window}:"
            " RDS needs them apart"
        )
