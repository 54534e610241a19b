"""A job's way on the screen: a bar in a terminal, a line for each change anywhere else. Both on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from contract.answers import Processing, Waiting
from contract.names import Step

from .api import Answer
from .screen import Screen, plain

_STEPS: Final = len(Step)


class Show(Protocol):
    """Shows an answer."""

    def __call__(self, answer: Answer) -> None:
        """Show it."""


def describe(answer: Answer) -> str:
    """Say where a job is."""
    if isinstance(answer, Waiting):
        return f"waits for somebody until {answer.until}: {answer.message} ({answer.promise})"
    if not isinstance(answer, Processing):
        return answer.status.replace("_", " ")
    if answer.progress is None:
        return "waiting for a worker"
    at = answer.progress
    pages = f", page {at.pages.done} of {at.pages.of}" if at.pages else ""
    attempt = f", attempt {at.attempt}" if at.attempt > 1 else ""
    return f"step {at.number} of {at.of}: {at.step}{pages}{attempt}"


def count_finished_steps(answer: Answer) -> float:
    """How many steps are behind a job; pages count as parts of theirs."""
    if not isinstance(answer, Processing | Waiting):
        return _STEPS
    if answer.progress is None:
        return 0
    pages = answer.progress.pages
    return answer.progress.number - 1 + (pages.done / pages.of if pages and pages.of else 0)


@contextmanager
def show_progress(screen: Screen, job_id: str) -> Iterator[Show]:
    """Give a function that shows each answer."""
    if not screen.err.is_terminal:
        yield lambda answer: screen.print_note(f"{job_id}: {describe(answer)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TimeElapsedColumn())
    with Progress(*columns, console=screen.err, transient=True) as bar:
        yield _Bar(bar, bar.add_task("asking", total=_STEPS))


class _Bar:
    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def __call__(self, answer: Answer) -> None:
        self._bar.update(self._task, description=plain(describe(answer)), completed=count_finished_steps(answer))
