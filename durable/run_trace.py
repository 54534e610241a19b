"""What a run reports to a tracing system about its calls: nothing by default. `durable.tracing` reports them.

A trace spans workers, so no span is kept open across processes. Its ids follow from promise ids. The worker that
settles a promise writes its span, with the server's times.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Final

from resonate.types import PromiseRecord

_NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})


class RunTrace:
    """The trace of one run's job; this one writes nothing."""

    tags: Mapping[str, str] = _NO_TAGS  # for the promises of tasks that the run starts: they belong to the same trace

    def write_call(self, promise: PromiseRecord) -> None:
        """Write the span of a step, scope or workflow that this run has settled."""

    def write_task(self, promise: PromiseRecord, workflow: str, known: Iterable[PromiseRecord]) -> None:
        """Write the span of the task, which this run has settled, and the spans of its waits."""

    def trace_attempt(self, step: str, promise: str, number: int, fence: int | None) -> AbstractContextManager[None]:
        """Write the span of an attempt when the block ends; spans that the step itself makes are below it."""
        del step, promise, number, fence
        return _NO_SPAN


class Tracing:
    """Opens the traces of runs; this one opens none."""

    def open_trace(self, task: PromiseRecord) -> RunTrace:
        """Return the trace of a task that has been acquired."""
        del task
        return NO_TRACE

    def close(self) -> None:
        """Send the spans that are not sent yet."""


_NO_SPAN: Final[AbstractContextManager[None]] = nullcontext()
NO_TRACE: Final = RunTrace()
NO_TRACING: Final = Tracing()
