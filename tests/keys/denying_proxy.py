"""A proxy of AWS that denies one action as AWS does, always or some times, and forwards all others."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from itertools import count
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.loopback import serve_http

REFUSAL = b'{"__type":"AccessDeniedException","Message":"User is not authorized to perform this action"}'


@contextmanager
def deny_action(action: str, aws: str, times: int | None = None) -> Iterator[str]:
    """Deny the action inside the block, so many times if a number is given, and give the proxy's address."""
    denials = count()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_denied = self.headers["X-Amz-Target"].endswith(f".{action}") and (times is None or next(denials) < times)
            self._reply(*((400, REFUSAL) if is_denied else self._forward(body)))

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
