"""Log lines of steps and workflows, with the keys of the job that they belong to.

    LOG = job_log(__name__)
    LOG.info("charged", cents=1250)

A step writes at once. A workflow's body is run again from its first line whenever it is resumed, so its lines wait for
its next call: if an earlier run made that call, that run has written them. A line between the start of a call and its
await is written when the job suspends. Another worker that resumes the job there writes it once more.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from .logs import Field, log_event

type Line = Callable[[], None]
_MAX_SUSPENSIONS: Final = 10_000  # suspended bodies whose lines a worker remembers


class WrittenLines:
    """How many lines bodies wrote at the position where they were suspended, in one worker."""

    def __init__(self) -> None:
        self._counts: Final = OrderedDict[tuple[str, int], int]()

    def note(self, position: tuple[str, int], lines: int) -> None:
        """Remember a position."""
        self._counts[position] = lines
        if len(self._counts) > _MAX_SUSPENSIONS:
            self._counts.popitem(last=False)

    def count(self, position: tuple[str, int]) -> int:
        """Return how many lines were written there."""
        return self._counts.get(position, 0)


class BodyLines:
    """The lines of one body since its last call, until it is known whether an earlier run has written them."""

    def __init__(self, body: str, written: WrittenLines) -> None:
        self._body: Final = body  # its promise
        self._written: Final = written
        self._calls = 0
        self._lines: list[Line] = []

    def add(self, line: Line) -> None:
        """Hold a line."""
        self._lines.append(line)

    def take(self) -> list[Line]:
        """Return the lines before a call that is about to be made, without those that this worker has written."""
        lines = self._lines[self._written.count(self._position) :]
        self._lines = []
        self._calls += 1
        return lines

    def write(self) -> None:
        """Write the lines now, because the body ends or is suspended."""
        for line in self._lines[self._written.count(self._position) :]:
            line()
        if self._lines:
            self._written.note(self._position, len(self._lines))

    @property
    def _position(self) -> tuple[str, int]:
        return self._body, self._calls


@dataclass(frozen=True, kw_only=True)
class _LogContext:
    """The step or the body that the caller works for."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    lines: BodyLines | None = None


_CONTEXT: ContextVar[_LogContext] = ContextVar("log_context", default=_LogContext())  # noqa: B039 it is frozen


@contextmanager
def log_with(fields: Mapping[str, Field], lines: BodyLines | None = None) -> Iterator[None]:
    """Give the lines inside the block these fields; with `lines`, they wait for the body's next call."""
    token = _CONTEXT.set(_LogContext(fields=fields, lines=lines))
    try:
        yield
    finally:
        _CONTEXT.reset(token)


class JobLog:
    """Writes log lines with the keys promiseId and step and attempt, or workflow. `job_log` makes it."""

    def __init__(self, name: str) -> None:
        self._log: Final = logging.getLogger(name)

    def debug(self, message: str, **fields: Field) -> None:
        """Write a line for developers."""
        self._write(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: Field) -> None:
        """Write a line about the normal course."""
        self._write(logging.INFO, message, fields)

    def warning(self, message: str, **fields: Field) -> None:
        """Write a line about what may need attention."""
        self._write(logging.WARNING, message, fields)

    def error(self, message: str, *, cause: Exception | None = None, **fields: Field) -> None:
        """Write a line about a failure, with the cause's traceback if one is given."""
        self._write(logging.ERROR, message, fields, cause)

    def _write(self, level: int, message: str, fields: Mapping[str, Field], cause: Exception | None = None) -> None:
        if not self._log.isEnabledFor(level):
            return
        context = _CONTEXT.get()
        line = partial(log_event, self._log, level, message, {**context.fields, **fields}, cause)
        if context.lines is None:
            line()
        else:
            context.lines.add(line)


def job_log(name: str) -> JobLog:
    """Return a log with the name of a module."""
    return JobLog(name)
