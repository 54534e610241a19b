"""Opens the tracing that the variables of OpenTelemetry ask for, and none without them."""

from collections.abc import Mapping
from typing import Final

from durable.clock import Clock
from durable.run_trace import NO_TRACING, Tracing

_ENDPOINT_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_EXPORTER_VARIABLE: Final = "OTEL_TRACES_EXPORTER"
_DISABLED_VARIABLE: Final = "OTEL_SDK_DISABLED"


class TracingError(Exception):
    """The variables ask for what this program does not have; the text says what to do."""


def open_tracing(environ: Mapping[str, str]) -> Tracing:
    """Return a tracing that sends spans by OTLP over HTTP if an endpoint is named; else one that does nothing.

    OpenTelemetry's SDK reads all other variables from the process's environment itself.
    """
    endpoint = next((name for name in _ENDPOINT_VARIABLES if environ.get(name)), None)
    exporter = environ.get(_EXPORTER_VARIABLE, "otlp")
    if endpoint is None or exporter == "none" or environ.get(_DISABLED_VARIABLE, "").lower() == "true":
        return NO_TRACING
    if exporter != "otlp":
        raise TracingError(f"{_EXPORTER_VARIABLE} is {exporter!r}: the worker knows 'otlp' and 'none'")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 the extra

        from durable.tracing import OpenTelemetry  # noqa: PLC0415 it imports OpenTelemetry's SDK
    except ImportError as exc:
        raise TracingError(
            f"{endpoint} is set, and {exc.name} is not installed: install the extra 'tracing', or unset the variable"
        ) from exc
    tracing = OpenTelemetry(OTLPSpanExporter(), Clock().now)
    tracing.install()
    return tracing
