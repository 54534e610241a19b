"""Receives the events of jobs: `python -m examples.event_receiver PORT KEY`, with the key of `./longhand keys`.

It prints the events that the API has signed, and refuses all others.
"""

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from longhand_client import WebhookError, verify_webhook


def make_server(port: int, key: str, show: Callable[[str], object] = print) -> ThreadingHTTPServer:
    """Return a server for this machine, which shows each event that was signed with the key."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(self._receive(body))
            self.end_headers()

        def _receive(self, body: bytes) -> HTTPStatus:
            try:
                verify_webhook(dict(self.headers), body, key)
            except WebhookError as error:
                self.log_error("refused: %s", error)
                return HTTPStatus.UNAUTHORIZED
            show(body.decode())  # a program would remember the event's id here: an event may come twice
            return HTTPStatus.NO_CONTENT

        def log_request(self, *_: object) -> None:
            """Log nothing: the event is printed."""

    return ThreadingHTTPServer(("127.0.0.1", port), Receiver)


def main() -> None:
    """Receive until Ctrl-C."""
    match sys.argv[1:]:
        case [port, key] if port.isdigit():
            make_server(int(port), key, lambda event: print(event, flush=True)).serve_forever()  # noqa: T201
        case _:
            sys.exit('usage: python -m examples.event_receiver PORT "$(./longhand keys)"')


if __name__ == "__main__":
    main()
