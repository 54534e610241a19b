"""Repeat a call to AWS that was denied: a new role is not known everywhere at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types of its own

_DENIED_CODES: Final = ("AccessDeniedException", "AccessDenied")  # the second one is that of S3
_PAUSE_SECONDS: Final = 2


@dataclass(frozen=True, kw_only=True)
class DenialRetry:
    """Repeats a denied call for some seconds.

    A first deployment creates the role's policy seconds before the function runs, and IAM takes longer than that to
    apply it everywhere.
    """

    seconds: float = 0
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def run[R](self, call: Callable[[], R]) -> R:
        """Return the call's result; a denial is raised when the time is over."""
        deadline = self.monotonic() + self.seconds
        while True:
            try:
                return call()
            except ClientError as exc:
                if error_code(exc) not in _DENIED_CODES or self.monotonic() + _PAUSE_SECONDS > deadline:
                    raise
                self.sleep(_PAUSE_SECONDS)


def error_code(exc: ClientError) -> str:
    """Return AWS' code of an error."""
    return str(exc.response["Error"]["Code"])
