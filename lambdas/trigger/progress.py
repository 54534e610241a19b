"""How far a job is, from the journal that its worker keeps in the object store.

A hint and nothing more: without a journal, or with one that cannot be read, a job is simply processing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from contract.answers import PageCount, Progress
from contract.names import Step
from contract.progress import Mark

type ReadProgress = Callable[[str], Progress | None]

STEPS = list(Step)


class MarksError(Exception):
    """The place where marks lie does not answer, or not with a mark."""


@dataclass(frozen=True)
class Latest:
    """The newest delivery's mark, and how many pages were read in batches, wherever that was."""

    mark: bytes
    batches: int = 0


class Marks(Protocol):
    """Where marks lie: `latest` returns the newest delivery's, or None. Raises MarksError."""

    def latest(self, job_id: str) -> Latest | None:
        """Read it."""


def stored_marks(url: str) -> Callable[[], Marks]:
    """Open the marks in the object store, when they are first asked for."""

    @cache
    def open_marks() -> Marks:
        from .marks import StoredMarks  # noqa: PLC0415 - the object store's library is a part of the start

        return StoredMarks(url)

    return open_marks


def progress_reader(open_marks: Callable[[], Marks], log: Logger) -> ReadProgress:
    """Make the function that status asks."""

    def read(job_id: str) -> Progress | None:
        try:
            latest = open_marks().latest(job_id)
            return _progress(Mark.model_validate_json(latest.mark), latest.batches) if latest else None
        except (MarksError, ValidationError):
            log.exception("the journal cannot be read", jobId=job_id)
            return None

    return read


def _progress(mark: Mark, batches: int) -> Progress:
    return Progress(
        step=mark.step,
        number=STEPS.index(mark.step) + 1,
        of=len(STEPS),
        attempt=mark.attempt,
        since=datetime.fromtimestamp(mark.at, UTC).isoformat(timespec="seconds"),
        pages=mark.pages and PageCount(done=min(mark.pages.done + batches, mark.pages.of), of=mark.pages.of),
    )
