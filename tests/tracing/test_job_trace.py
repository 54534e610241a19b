"""A job is one trace, whichever workers run it: each call is below its caller, a step's own spans below its attempt."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from resonate.types import PromiseRecord

from durable import Context, PermanentError, Retry, TemporaryError, map_workflows, step, workflow
from durable.testing import HANGING, DriverOptions, InProcess, WorkflowTest
from durable.tracing import OpenTelemetry
from durable.wire.roots import TRACEPARENT

from .span_tree import SpanView, draw_tree, find_orphans

CLIENT_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT_SPAN = "00f067aa0ba902b7"


@step(timeout=30, retry=Retry(attempts=3, first=2.0))
async def fetch(page: int) -> int:
    """Make a span of its own, as an instrumented library does."""
    with trace.get_tracer("library").start_as_current_span("GET /page"):
        return page


@step(timeout=30)
async def save(page: int) -> int:
    return page


@workflow(name="read_page", version=1)
async def read_page(ctx: Context, page: int) -> int:
    return await ctx.run(fetch, page)


@workflow(name="store", version=1)
async def store(ctx: Context, page: int) -> int:
    return await ctx.run(save, page)


@workflow(name="read", version=1)
async def read(ctx: Context, page: int) -> list[int]:
    await ctx.run(fetch, page)
    await ctx.sleep(timedelta(days=1))
    pages = (await map_workflows(ctx, read_page, [1, 2], max_at_once=1)).get()
    await ctx.run(store, page)
    return pages


class Traces:
    """A test of workflows whose spans are kept."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracing: OpenTelemetry | None = None

    def open(self) -> WorkflowTest:
        """Open a test whose workers write spans."""
        times = iter(range(10**6))
        self.tracing = OpenTelemetry(self.exporter, lambda: float(next(times)))
        place = InProcess(options=DriverOptions(tracing=self.tracing))
        return WorkflowTest(read, read_page, store, on=place)

    @property
    def spans(self) -> Sequence[SpanView]:
        """All spans so far."""
        assert self.tracing is not None
        self.tracing.flush()
        return [
            SpanView(
                trace=f"{span.context.trace_id:032x}",
                id=f"{span.context.span_id:016x}",
                parent=f"{span.parent.span_id:016x}" if span.parent else None,
                name=span.name,
                began=span.start_time or 0,
                ended=span.end_time or 0,
                is_ok=span.status.is_ok,
                attributes=dict(span.attributes or {}),
            )
            for span in self.exporter.get_finished_spans()
        ]


@pytest.fixture
def traces() -> Iterator[Traces]:
    traces = Traces()
    yield traces
    if traces.tracing:
        traces.tracing.close()


TREE = [
    "read",
    "  fetch",
    "    fetch attempt 1",
    "  sleep",
    "  parts of read_page",
    "    read_page",
    "      fetch",
    "        fetch attempt 1",
    "    read_page",
    "      fetch",
    "        fetch attempt 1",
    "  store",
    "    save",
    "      save attempt 1",
]


def test_a_job_with_parts_and_a_sleep_is_one_trace(traces: Traces) -> None:
    with traces.open() as test:
        assert test.start(read, 7).result() == [1, 2]
    spans = traces.spans
    assert draw_tree(spans) == TREE
    assert len({span.trace for span in spans}) == 1
    assert find_orphans(spans) == []
    assert all(span.is_ok for span in spans)
    [sleep] = [span for span in spans if span.name == "sleep"]
    assert sleep.ended - sleep.began == timedelta(days=1).total_seconds() * 10**9
    [job] = [span for span in spans if span.parent is None]
    assert job.attributes == {"durable.promise": "job-1", "durable.kind": "workflow", "durable.state": "resolved"}
    assert job.trace[:8] == f"{job.began // 10**9:08x}", "X-Ray reads the time of a trace from its id"


def test_spans_that_a_step_makes_are_below_its_attempt(traces: Traces) -> None:
    with traces.open() as test:
        assert traces.tracing is not None
        traces.tracing.install()
        test.start(read, 7).result()
    spans = {span.id: span for span in traces.spans}
    own = [span for span in spans.values() if span.name == "GET /page"]
    assert len({span.id for span in own}) == 3
    assert {spans[span.parent or ""].name for span in own} == {"fetch attempt 1"}


def test_each_attempt_is_a_span_and_says_why_it_failed(traces: Traces) -> None:
    with traces.open() as test:
        test.replace(fetch, TemporaryError("busy", "later"), PermanentError("gone", "for ever"))
        job = test.start(read, 7)
        with pytest.raises(AssertionError):
            job.result()
    spans = traces.spans
    assert draw_tree(spans) == ["read", "  fetch", "    fetch attempt 1", "    fetch attempt 2"]
    assert [span.is_ok for span in spans] == [False] * 4
    assert [span.attributes.get("durable.attempt") for span in spans] == [1, 2, None, None]


def test_a_killed_worker_breaks_neither_the_trace_nor_a_parent(traces: Traces) -> None:
    """The attempt of the next worker is below the same step."""
    with traces.open() as test:
        test.replace(fetch, HANGING, 7, 1, 2)
        job = test.start(read, 7)
        test.kill_workers()
        job.result()
        test.pass_time(days=1)
    spans = traces.spans
    assert draw_tree(spans) == [*TREE[:2], "    fetch attempt 1", *TREE[2:]]
    assert find_orphans(spans) == []
    assert len({span.trace for span in spans}) == 1
    assert len({span.id for span in spans}) == len(spans)
    attempts = [
        span for span in spans if span.name == "fetch attempt 1" and span.attributes["durable.promise"] == "job-1:1"
    ]
    assert [attempt.attributes["durable.fence"] for attempt in attempts] == [1, 2]


def open_trace(tags: Mapping[str, str], exporter: InMemorySpanExporter) -> str:
    """Write the span of a job whose promise has these tags; return the tag for its parts."""
    tracing = OpenTelemetry(exporter, lambda: 0.0)
    promise = PromiseRecord(
        id="job", state="resolved", timeout_at=10**15, tags=dict(tags), created_at=10**12, settled_at=10**12
    )
    run_trace = tracing.open_trace(promise)
    run_trace.write_task(promise, "read", [])
    tracing.close()
    return run_trace.tags[TRACEPARENT]


@pytest.mark.parametrize(("flags", "count"), [("01", 1), ("00", 0)])
def test_a_job_belongs_to_the_trace_of_its_client(flags: str, count: int) -> None:
    """If the client does not record the trace, neither does the worker."""
    exporter = InMemorySpanExporter()
    tag = open_trace({TRACEPARENT: f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-{flags}"}, exporter)
    assert tag.startswith(f"00-{CLIENT_TRACE}-")
    assert tag.endswith(f"-{flags}")
    spans = exporter.get_finished_spans()
    assert len(spans) == count
    assert [span.parent.span_id for span in spans if span.parent] == [int(CLIENT_SPAN, 16)] * count


@pytest.mark.parametrize(
    "tag", ["", "00-1-2-01", f"00-{CLIENT_TRACE.upper()}-{CLIENT_SPAN}-01", f"00-{'0' * 32}-{CLIENT_SPAN}-01"]
)
def test_a_tag_that_is_no_trace_context_is_ignored(tag: str) -> None:
    exporter = InMemorySpanExporter()
    assert CLIENT_TRACE not in open_trace({TRACEPARENT: tag}, exporter)
    [span] = exporter.get_finished_spans()
    assert span.parent is None
    assert span.context.trace_id >> 96 == 10**9


def test_the_sampler_of_the_environment_decides_for_a_whole_job(
    traces: Traces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    with traces.open() as test:
        for _ in range(20):
            test.start(store, 7).result()
    by_trace = Counter(span.trace for span in traces.spans)
    assert 0 < len(by_trace) < 20
    assert set(by_trace.values()) == {3}
