"""A job as one trace of OpenTelemetry. A worker that takes over continues the trace: its ids follow from promise ids.

A trace id begins with the second of the job's creation, as AWS X-Ray requires. If the job's promise has the tag
`traceparent`, the job belongs to that trace instead. This module imports OpenTelemetry's SDK, so only a worker with
tracing imports it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
    use_span,
)
from resonate.ids import origin_of
from resonate.types import PromiseRecord

from durable.wire.call_record import CallKind, CallRecord

from .errors import error_of
from .run_trace import RunTrace, Tracing
from .wire.roots import TRACE_CONTEXT, TRACEPARENT

_PARENT_TAG: Final = "resonate:parent"
_WAITS: Final = (CallKind.SLEEP, CallKind.PROMISE)  # no worker settles them
_HASH_BITS: Final = 96  # bits of a trace id; the other 32 are the time
_NANOSECONDS: Final = 1_000_000_000
_IDS: ContextVar[tuple[int, int] | None] = ContextVar("span_ids", default=None)


class PromiseIds(IdGenerator):
    """Gives spans of promises the ids of their promise, and all other spans random ids."""

    def __init__(self) -> None:
        self._random: Final = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        """Return the trace id for a span without a parent."""
        ids = _IDS.get()
        return ids[0] if ids else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id for a span."""
        ids = _IDS.get()
        return ids[1] if ids else self._random.generate_span_id()


class OpenTelemetry(Tracing):
    """Sends the spans of jobs, and those of the steps' own code, to an exporter."""

    def __init__(self, exporter: SpanExporter, now: Callable[[], float]) -> None:
        """Resource, sampler and batches are those of the environment's variables. `now` is the workers' clock."""
        self._provider: Final = TracerProvider(id_generator=PromiseIds())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer: Final = self._provider.get_tracer("durable")
        self._now: Final = now

    def install(self) -> None:
        """Let the spans of the steps' own code go to the same exporter, if this process has no other provider yet."""
        trace.set_tracer_provider(self._provider)

    def open_trace(self, task: PromiseRecord) -> RunTrace:
        """Return the trace of a task that has been acquired."""
        client = TRACE_CONTEXT.fullmatch(task.tags.get(TRACEPARENT, ""))
        if client:
            trace_id, flags = int(client["trace"], 16), TraceFlags(int(client["flags"], 16))
            parent = int(client["span"], 16)
        else:
            trace_id, parent = make_trace_id(task), None
            decision = self._provider.sampler.should_sample(Context(), trace_id, task.id).decision
            is_sampled = decision is Decision.RECORD_AND_SAMPLE
            flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
        is_job = task.id == origin_of(task.id)
        spans = Spans(self._tracer, trace_id, flags)
        return JobTrace(task.id, spans, self._now, parent if is_job else make_span_id(task.tags[_PARENT_TAG]))

    def flush(self) -> None:
        """Send the spans that are not sent yet."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send the spans that are not sent yet, and end the sending thread."""
        self._provider.shutdown()


@dataclass(frozen=True)
class Spans:
    """Makes the spans of one trace."""

    tracer: trace.Tracer
    trace_id: int
    flags: TraceFlags

    def make(  # noqa: PLR0913 keyword-only
        self,
        name: str,
        span_id: int,
        parent: int | None,
        began: float,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, str | int],
    ) -> Span:
        """Start a span at a time in seconds since 1970."""
        token = _IDS.set((self.trace_id, span_id))
        try:
            return self.tracer.start_span(
                name, self._make_context(parent), kind, attributes, start_time=_to_nanoseconds(began)
            )
        finally:
            _IDS.reset(token)

    def _make_context(self, parent: int | None) -> Context:
        if parent is None:
            return Context()
        span = NonRecordingSpan(SpanContext(self.trace_id, parent, is_remote=True, trace_flags=self.flags))
        return set_span_in_context(span, Context())


class JobTrace(RunTrace):
    """Writes the spans of one run; `parent` is the span that the task's own is below."""

    def __init__(self, task: str, spans: Spans, now: Callable[[], float], parent: int | None) -> None:
        self._spans: Final = spans
        self._now: Final = now
        self._parent: Final = parent
        self.tags = {TRACEPARENT: f"00-{spans.trace_id:032x}-{make_span_id(task):016x}-{spans.flags:02x}"}

    def write_call(self, promise: PromiseRecord) -> None:
        """Write the span of a step, scope or workflow that this run has settled."""
        call = CallRecord.read(promise.tags)
        name, kind = (call.name, call.kind) if call else (promise.id, CallKind.UNKNOWN)
        self._write(promise, name, kind, make_span_id(promise.tags.get(_PARENT_TAG, "")))

    def write_task(self, promise: PromiseRecord, workflow: str, known: Iterable[PromiseRecord]) -> None:
        """Write the span of the task, which this run has settled, and the spans of its waits."""
        for one in known:
            call = CallRecord.read(one.tags)
            if call and call.kind in _WAITS and one.settled_at is not None:
                self.write_call(one)
        self._write(promise, workflow, CallKind.WORKFLOW, self._parent, SpanKind.CONSUMER)

    @contextmanager
    def trace_attempt(self, step: str, promise: str, number: int, fence: int | None) -> Iterator[None]:
        """Write the span of an attempt when the block ends; spans that the step itself makes are below it."""
        attributes: Mapping[str, str | int] = {
            "durable.promise": promise, "durable.attempt": number, "durable.fence": fence or 0
        }  # fmt: skip
        span = self._spans.make(
            f"{step} attempt {number}",
            make_span_id(f"{promise}#{fence}.{number}"),
            make_span_id(promise),
            self._now(),
            attributes=attributes,
        )
        try:
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        except asyncio.CancelledError:
            span.set_attribute("durable.stopped", True)  # noqa: FBT003 OpenTelemetry's own
            raise
        except Exception as exc:
            span.set_status(Status(StatusCode.ERROR, error_of(exc).code))
            raise
        finally:
            span.end(_to_nanoseconds(self._now()))

    def _write(
        self,
        promise: PromiseRecord,
        name: str,
        kind: CallKind,
        parent: int | None,
        span_kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        attributes: Mapping[str, str | int] = {
            "durable.promise": promise.id,
            "durable.kind": kind,
            "durable.state": promise.state,
        }
        span = self._spans.make(
            name, make_span_id(promise.id), parent, promise.created_at / 1_000, kind=span_kind, attributes=attributes
        )
        span.set_status(StatusCode.OK if promise.state == "resolved" else StatusCode.ERROR)
        ended = promise.settled_at if promise.settled_at is not None else promise.created_at
        span.end(_to_nanoseconds(ended / 1_000))


def make_trace_id(job: PromiseRecord) -> int:
    """Return the trace id of a job: the second of its creation, and a digest of its id."""
    digest = blake2b(job.id.encode(), digest_size=_HASH_BITS // 8).digest()
    return (job.created_at // 1_000) << _HASH_BITS | int.from_bytes(digest)


def make_span_id(text: str) -> int:
    """Return the span id of a promise, or of an attempt."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1  # zero is not a valid id


def _to_nanoseconds(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
