"""A gate before AWS that refuses one action as AWS does, and passes the others on."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.loopback import serving

REFUSAL = b'{"__type":"AccessDeniedException","Message":"User is not authorized to perform this action"}'


@contextmanager
def denying(action: str, aws: str) -> Iterator[str]:
    """Listen, and return the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(*((400, REFUSAL) if self.headers["X-Amz-Target"].endswith(f".{action}") else self._pass(body)))

        def _pass(self, body: bytes) -> tuple[int, bytes]:
            headers = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection")}
            try:
                with urlopen(Request(aws, body, headers), timeout=10) as answer:  # noqa: S310 our own
                    return answer.status, answer.read()
            except HTTPError as error:
                with error:
                    return error.code, error.read()

        def _reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with serving(Handler) as host:
        yield f"http://{host}"
