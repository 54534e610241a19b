"""Checks whether the server sends HTTP messages to any address. If so, its clients could make it call internal ones."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_connection
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

from durable.wire.answers import OnePromise
from durable.wire.requests import PromiseRegisterListener

from .check import Outcome, fail, ok
from .context import CheckContext
from .server import DoctorServer, make_probe_id

_CONNECT_SECONDS: Final = 5.0
_PORTS: Final = {"http": 80, "https": 443}


def check_push(context: CheckContext) -> Outcome:
    """Register a listener at an address of this machine, settle its promise, and wait for the message."""
    received = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.set()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer((_find_own_address(context.server.url), 0), Handler) as http_server:
        Thread(target=http_server.serve_forever, daemon=True).start()
        host, port = http_server.server_address[:2]
        _trigger_push(context.server, f"http://{host!s}:{port}/")
        received.wait(context.push_timeout)
        http_server.shutdown()
    return _judge(is_on=received.is_set(), is_local=context.is_local)


def _trigger_push(server: DoctorServer, address: str) -> None:
    promise_id = make_probe_id()
    server.create(promise_id)
    server.ask(PromiseRegisterListener(awaited=promise_id, address=address), OnePromise)
    server.cancel(promise_id)


def _find_own_address(url: str) -> str:
    """Return the address of this machine that the server sees."""
    parts = urlsplit(url)
    with create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), _CONNECT_SECONDS) as connection:
        address: str = connection.getsockname()[0]
        return address


def _judge(*, is_on: bool, is_local: bool) -> Outcome:
    if not is_on:
        return ok("the server pushed nothing to this machine")
    if is_local:
        return ok("on, but only this machine reaches the server")
    remedy = "set RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED=false on the server"
    return fail("push is on: any client of the server can make it call addresses inside its network", remedy)
