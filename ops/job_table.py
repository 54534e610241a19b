"""A table of watched jobs, shown as a live table in a terminal, and otherwise as lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from rich.live import Live
from rich.table import Table
from rich.text import Text

from contract.answers import JobState, Processing
from contract.job_lists import JobSummary
from contract.jobs import Job

from .progress import describe
from .screen import Screen, replace_control_characters

ENDED_STATES: Final = (JobState.DONE, JobState.FAILED, JobState.CANCELED)
_HEADINGS: Final = ("job", "state", "type", "created", "")
_STYLES: Final = {
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.WAITING: "yellow",
    JobState.NEEDS_REVIEW: "yellow",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A job in the table."""

    job_id: str
    state: JobState
    type: str
    created_at: str
    detail: str = ""

    @classmethod
    def of_job(cls, job: Job) -> Self:
        """Return the row of a job, with its progress, question or error."""
        return cls(
            job_id=job.id, state=job.state, type=job.type, created_at=_shorten(job.created_at), detail=_describe(job)
        )

    @classmethod
    def of_summary(cls, job: JobSummary) -> Self:
        """Return the row of a job in a list, which has no progress."""
        detail = f"decide {job.question.decision}" if job.question else ""
        return cls(job_id=job.id, state=job.state, type=job.type, created_at=_shorten(job.created_at), detail=detail)

    @property
    def has_ended(self) -> bool:
        """Whether its job has ended."""
        return self.state in ENDED_STATES

    @property
    def cells(self) -> tuple[str, ...]:
        """Its cells, in the order of the headings."""
        return self.job_id, self.state, self.type, self.created_at, self.detail


@contextmanager
def show_rows(screen: Screen) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Give a function that shows the rows as they are now."""
    if not screen.out.is_terminal:
        yield _ChangedRows(screen).print
        return
    with Live(console=screen.out, auto_refresh=False) as live:
        yield lambda rows: live.update(_make_table(rows), refresh=True)


class _ChangedRows:
    """Prints a line for each changed row."""

    def __init__(self, screen: Screen) -> None:
        self._screen: Final = screen
        self._printed: Final[dict[str, Row]] = {}

    def print(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._printed.get(row.job_id) != row:
                self._printed[row.job_id] = row
                detail = f": {row.detail}" if row.detail else ""
                self._screen.print_line(f"{row.job_id}: {row.state}{detail}")


def _make_table(rows: Iterable[Row]) -> Table:
    table = Table(*_HEADINGS, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        cells = [Text(replace_control_characters(cell)) for cell in row.cells]
        cells[1].stylize(_STYLES.get(row.state, ""))
        table.add_row(*cells)
    return table


def _describe(job: Job) -> str:
    if job.question:
        return f"decide {job.question.decision} until {job.question.until}: {job.question.message}"
    if job.error:
        return f"{job.error.code}: {job.error.message}"
    if job.state is JobState.PROCESSING:
        return describe(Processing(job_id=job.id, progress=job.progress))
    if job.revoked_at:
        return f"its result was revoked at {job.revoked_at}"
    return job.result.summary if job.result else ""


def _shorten(time: str) -> str:
    return f"{time.partition('.')[0]}Z"
