"""The journal as it lies in the object store: one small object for each delivery of a job to a worker.

The highest fence is the newest delivery: a worker that lost its job writes to an object that nobody reads any more.
"""

from .answers import PageCount
from .model import Value
from .names import Step, job_prefix


class Mark(Value):
    """The last thing that a delivery told of itself."""

    step: Step
    attempt: int
    at: float  # seconds since 1970
    pages: PageCount | None = None


def marks_prefix(job_id: str) -> str:
    """Where a job's marks lie."""
    return f"{job_prefix(job_id)}/journal/"


def mark_key(job_id: str, fence: int) -> str:
    """Where one delivery writes: names in the order of fences are in the order of time."""
    return f"{marks_prefix(job_id)}{fence:010}.json"
