"""Durations as a user writes them: 90s, 10m, 2h, 1d."""

import re
from typing import Final

from .errors import UserError
from .exit_codes import ExitCode

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_FORM: Final = r"(\d{1,6})([smhd])"


def is_duration(text: str) -> bool:
    """Whether a text is a duration."""
    return re.fullmatch(_FORM, text, re.ASCII) is not None


def parse_seconds(text: str) -> int:
    """Parse the duration of --since."""
    match = re.fullmatch(_FORM, text, re.ASCII)
    if not match:
        raise UserError(ExitCode.USAGE, f"--since {text} is not a duration", "use the form 90s, 10m, 2h or 1d")
    return int(match[1]) * _UNITS[match[2]]
