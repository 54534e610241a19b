"""Workers send the spans of jobs to the collector that the usual variables name, and load nothing without one."""

import signal
import subprocess
import sys

import pytest

from durable.run_trace import NO_TRACING
from durable.runtime import TracingError, open_tracing
from durable.wire.roots import TRACEPARENT
from tests.calls import start_request
from tests.durable.worker_lab import EMBEDDED_SERVER, GROUP, WorkerLab, end_leases
from tests.waiting import wait_until

from .otlp_receiver import serve_receiver
from .span_tree import draw_tree, find_orphans

CLIENT_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT_SPAN = "00f067aa0ba902b7"
TAG = f"00-{CLIENT_TRACE}-{CLIENT_SPAN}-01"


@EMBEDDED_SERVER
def test_a_job_is_one_trace_at_the_collector_although_its_worker_was_killed(
    lab: WorkerLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill the first worker in its second step, and stop the next one by SIGTERM, which sends its last spans."""
    with serve_receiver() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "orders")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        first = lab.start()
        lab.client.create(start_request("a", "gated", "a", target=f"poll://any@{GROUP}", tags={TRACEPARENT: TAG}))
        lab.evidence.wait_for("a", "arrived-1")
        wait_until(lambda: {"turn"} <= {span.name for span in receiver.spans}, lambda: first.log_tail)
        first.kill()
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
        second = lab.start()
        end_leases(lab.client, first)
        lab.evidence.open_gate()
        lab.result("a")
        second.send_signal(signal.SIGTERM)
        second.wait_for_exit()
        spans = receiver.spans
        assert receiver.services == {"orders"}
    assert draw_tree(spans) == [
        "gated",
        "  turn",
        "    turn attempt 1",
        "  stand",
        "    stand attempt 1",
        "  turn",
        "    turn attempt 1",
    ]
    assert {span.trace for span in spans} == {CLIENT_TRACE}
    assert find_orphans(spans) == ["gated"]
    [job] = [span for span in spans if span.name == "gated"]
    assert job.parent == CLIENT_SPAN
    assert len({span.id for span in spans}) == len(spans)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_SERVICE_NAME": "worker"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_there_is_no_tracing_without_a_collector(environ: dict[str, str]) -> None:
    assert open_tracing(environ) is NO_TRACING


def test_another_exporter_is_refused() -> None:
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "zipkin"}
    with pytest.raises(TracingError, match="OTEL_TRACES_EXPORTER is 'zipkin': the worker knows 'otlp' and 'none'"):
        open_tracing(environ)


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_a_worker_without_tracing_imports_nothing_of_opentelemetry() -> None:
    code = """
import sys
from durable.runtime import Settings, Worker, open_tracing
Worker(Settings(url="http://127.0.0.1:1", group="a"), [], tracing=open_tracing({}))
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert run_python(code) == "[]\n"


def test_a_collector_without_the_packages_is_a_sentence() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
from durable.runtime import TracingError, open_tracing
try:
    open_tracing({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"})
except TracingError as error:
    print(error)
"""
    expected = (
        "is set, and opentelemetry.exporter is not installed: install the extra 'tracing', or unset the variable\n"
    )
    assert run_python(code) == f"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT {expected}"
