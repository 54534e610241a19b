"""The exit codes of the command: the first five describe a job, the others follow sysexits.h."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """Scripts depend on these numbers; a number never changes its meaning."""

    OK = 0
    FAILED = 1
    RUNNING = 2
    UNKNOWN = 3
    CANCELED = 4
    USAGE = 64
    REFUSED = 65
    UNAVAILABLE = 69
    SOFTWARE = 70
    BUSY = 75
    DENIED = 77
    CONFIG = 78
    INTERRUPTED = 130


EXIT_MEANINGS: Final = {
    ExitCode.OK: "success; the job is done; doctor found nothing",
    ExitCode.FAILED: "the job failed; doctor found a problem",
    ExitCode.RUNNING: "the job waits or runs",
    ExitCode.UNKNOWN: "the job does not exist",
    ExitCode.CANCELED: "the job was canceled",
    ExitCode.USAGE: "the command line is invalid",
    ExitCode.REFUSED: "the request was refused; change it before you send it again",
    ExitCode.UNAVAILABLE: "the API, or AWS, does not answer",
    ExitCode.SOFTWARE: "an internal error of this program",
    ExitCode.BUSY: "throttled, or another operation is in progress: try again later",
    ExitCode.DENIED: "credentials or a token are missing, expired or not permitted",
    ExitCode.CONFIG: "a stack, region or tool is missing or in the wrong state",
    ExitCode.INTERRUPTED: "Ctrl-C",
}
