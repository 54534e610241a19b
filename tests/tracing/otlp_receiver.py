"""A receiver of OTLP over HTTP on the loopback address, as a collector is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.loopback import serve_http

from .span_tree import SpanView


class Receiver:
    """What was received."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def services(self) -> set[str]:
        """The names of the services that sent spans."""
        return {
            attribute.value.string_value
            for request in self.requests
            for resource_spans in request.resource_spans
            for attribute in resource_spans.resource.attributes
            if attribute.key == "service.name"
        }

    @property
    def spans(self) -> Sequence[SpanView]:
        """All spans."""
        return [
            SpanView(
                trace=span.trace_id.hex(),
                id=span.span_id.hex(),
                parent=span.parent_span_id.hex() or None,
                name=span.name,
                began=span.start_time_unix_nano,
                ended=span.end_time_unix_nano,
                is_ok=span.status.code != Status.STATUS_CODE_ERROR,
                attributes={one.key: one.value.string_value or one.value.int_value for one in span.attributes},
            )
            for request in list(self.requests)
            for resource_spans in request.resource_spans
            for scope_spans in resource_spans.scope_spans
            for span in scope_spans.spans
        ]


@contextmanager
def serve_receiver() -> Iterator[Receiver]:
    """Receive until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            receiver.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in the library
            """Log nothing."""

    with serve_http(Handler) as host:
        receiver.url = f"http://{host}"
        yield receiver
