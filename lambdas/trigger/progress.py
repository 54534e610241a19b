"""How far a job is and what it waits for, from the journal that its worker keeps in the object store.

A hint and nothing more: without a journal, or with one that cannot be read, a job is simply processing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Protocol

from aws_lambda_powertools import Logger

from contract.answers import PageCount, Progress, Waiting
from contract.names import Step
from contract.progress import DeliveryProgress, Wait

type ReadJournal = Callable[[str], Seen | None]

STEPS = list(Step)


class MarksError(Exception):
    """The place where marks lie does not answer, or not with a mark."""


@dataclass(frozen=True)
class Latest:
    """The newest delivery's mark, and how many pages were read in batches, wherever that was."""

    mark: bytes
    batches: int = 0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the newest mark says: how far the job is, and the answer if it waits for somebody as it claims."""

    progress: Progress
    waiting: Waiting | None = None


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


def journal_reader(open_marks: Callable[[], Marks], log: Logger) -> ReadJournal:
    """Make the function that status asks."""

    def read(job_id: str) -> Seen | None:
        try:
            latest = open_marks().latest(job_id)
            return _seen(job_id, latest) if latest else None
        except (MarksError, ValueError, OverflowError):
            log.exception("the journal cannot be read", jobId=job_id)
            return None

    return read


def _seen(job_id: str, latest: Latest) -> Seen:
    mark = DeliveryProgress.model_validate_json(latest.mark)
    progress = Progress(
        step=mark.step,
        number=STEPS.index(mark.step) + 1,
        of=len(STEPS),
        attempt=mark.attempt,
        since=_at(mark.at),
        pages=mark.pages and PageCount(done=min(mark.pages.done + latest.batches, mark.pages.of), of=mark.pages.of),
    )
    return Seen(progress=progress, waiting=_waiting(job_id, mark.wait, progress) if mark.wait else None)


def _waiting(job_id: str, wait: Wait, progress: Progress) -> Waiting:
    return Waiting(
        job_id=job_id,
        reason=wait.reason,
        message=wait.message,
        promise=wait.promise,
        until=_at(wait.until),
        progress=progress,
    )


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
