"""May the engine be made to call addresses? Anybody who reaches it could then have it call into our network."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_connection
from threading import Event, Thread
from typing import Final
from urllib.parse import urlsplit

from wire.answers import OnePromise
from wire.requests import PromiseRegisterListener

from .check import Outcome, fail, ok
from .context import CheckContext
from .engine import probe_id

_WAIT: Final = 5.0  # seconds; a push leaves within 0.1, on a machine that has time
_PORTS: Final = {"http": 80, "https": 443}


def push(scene: CheckContext) -> Outcome:
    """Have it call us, if it does."""
    called = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.set()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer((_own_address(scene.engine.url), 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        _provoke(scene, f"http://{host!s}:{port}/")
        called.wait(_WAIT)
        server.shutdown()
    return _judged(is_on=called.is_set(), only_here=scene.only_here)


def _provoke(scene: CheckContext, address: str) -> None:
    name = probe_id()
    scene.engine.create(scene.engine.creation(name))
    scene.engine.ask(PromiseRegisterListener(awaited=name, address=address), OnePromise)
    scene.engine.cancel(name)


def _own_address(url: str) -> str:
    """The address of ours that the engine sees when we ask it."""
    parts = urlsplit(url)
    with create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), _WAIT) as line:
        address: str = line.getsockname()[0]
        return address


def _judged(*, is_on: bool, only_here: bool) -> Outcome:
    if not is_on:
        return ok("the engine calls nobody, as far as can be seen from here")
    if only_here:
        return ok("on, and nobody but this machine reaches the engine")
    remedy = "set RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED=false on the server"
    return fail("push is on: whoever reaches the engine can have it call addresses of our network", remedy)
