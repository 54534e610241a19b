"""What the command's exit code says; the first five are about a job, the rest are those of sysexits.h."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
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


MEANINGS: Final = {
    Exit.OK: "it worked; the job is done; doctor found nothing",
    Exit.FAILED: "the job failed; doctor found something",
    Exit.RUNNING: "the job waits or runs",
    Exit.UNKNOWN: "there is no such job",
    Exit.CANCELED: "somebody stopped the job",
    Exit.USAGE: "the command line makes no sense",
    Exit.REFUSED: "the request was refused, and would be again",
    Exit.UNAVAILABLE: "the API, or AWS, does not answer",
    Exit.SOFTWARE: "a fault of this program",
    Exit.BUSY: "throttled, or something else is under way: try again later",
    Exit.DENIED: "credentials or a token are missing, expired or not allowed to",
    Exit.CONFIG: "something is missing or not as it must be: a stack, a region, a tool",
    Exit.INTERRUPTED: "Ctrl-C",
}
