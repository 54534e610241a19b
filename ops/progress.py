"""Shows the progress of a job on stderr: a bar in a terminal, else a line for each change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from contract.answers import Processing, Waiting
from contract.names import Step

from .api import Answer
from .screen import Screen, replace_control_characters

_STEPS: Final = len(Step)


def describe(answer: Answer) -> str:
    """Return one line about where a job is."""
    if isinstance(answer, Waiting):
        return f"waits for a decision until {answer.until}: {answer.message} ({answer.promise})"
    if not isinstance(answer, Processing):
        return answer.status.replace("_", " ")
    if answer.progress is None:
        return "waiting for a worker"
    progress = answer.progress
    pages = f", page {progress.pages.done} of {progress.pages.of}" if progress.pages else ""
    attempt = f", attempt {progress.attempt}" if progress.attempt > 1 else ""
    return f"step {progress.number} of {progress.of}: {progress.step}{pages}{attempt}"


def count_finished_steps(answer: Answer) -> float:
    """Return how many steps are finished; pages count as fractions of their step."""
    if not isinstance(answer, Processing | Waiting):
        return _STEPS
    if answer.progress is None:
        return 0
    pages = answer.progress.pages
    return answer.progress.number - 1 + (pages.done / pages.of if pages and pages.of else 0)


@contextmanager
def show_progress(screen: Screen, job_id: str) -> Iterator[Callable[[Answer], None]]:
    """Give a function that shows an answer."""
    if not screen.err.is_terminal:
        yield lambda answer: screen.print_note(f"{job_id}: {describe(answer)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TimeElapsedColumn())
    with Progress(*columns, console=screen.err, transient=True) as bar:
        task = bar.add_task("reading status", total=_STEPS)

        def update(answer: Answer) -> None:
            description = replace_control_characters(describe(answer))
            bar.update(task, description=description, completed=count_finished_steps(answer))

        yield update
