"""A proxy of AWS that denies one action as AWS does, and forwards all others."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.loopback import serve_http

REFUSAL = b'{"__type":"AccessDeniedException","Message":"User is not authorized to perform this action"}'


@contextmanager
def deny_action(action: str, aws: str) -> Iterator[str]:
    """Deny the action inside the block, and give the proxy's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(
                *((400, REFUSAL) if self.headers["X-Amz-Target"].endswith(f".{action}") else self._forward(body))
            )

        def _forward(self, body: bytes) -> tuple[int, bytes]:
            headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection")}
            try:
                with urlopen(Request(aws, body, headers), timeout=10) as response:  # noqa: S310 our own
                    return response.status, response.read()
            except HTTPError as error:
                with error:
                    return error.code, error.read()

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with serve_http(Handler) as host:
        yield f"http://{host}"
