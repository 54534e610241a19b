"""What the command's exit code says; the first five are about a job, the rest are those of sysexits.h."""

from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """A script decides by these, so a number is never given another meaning."""

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
    ExitCode.OK: "it worked; the job is done; doctor found nothing",
    ExitCode.FAILED: "the job failed; doctor found something",
    ExitCode.RUNNING: "the job waits or runs",
    ExitCode.UNKNOWN: "there is no such job",
    ExitCode.CANCELED: "somebody stopped the job",
    ExitCode.USAGE: "the command line makes no sense",
    ExitCode.REFUSED: "the request was refused, and would be again",
    ExitCode.UNAVAILABLE: "the API, or AWS, does not answer",
    ExitCode.SOFTWARE: "a fault of this program",
    ExitCode.BUSY: "throttled, or something else is under way: try again later",
    ExitCode.DENIED: "credentials or a token are missing, expired or not allowed to",
    ExitCode.CONFIG: "something is missing or not as it must be: a stack, a region, a tool",
    ExitCode.INTERRUPTED: "Ctrl-C",
}
