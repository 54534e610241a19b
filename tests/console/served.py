"""The server of `longhand console` in a thread, and what it was asked to sign."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from threading import Thread
from typing import Self

from local.server_process import HOST, free_port, is_listening
from ops.console.console_server import serve_console
from tests.waiting import wait_until

TOKEN = "Bearer secret-of-the-user"  # noqa: S105


class Served:
    """The page for an API."""

    def __init__(self, api: str) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}/"
        self.signed: list[tuple[str, str]] = []
        self.api = api
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = Thread(target=self._run, daemon=True)

    @classmethod
    @contextmanager
    def start(cls, api: str) -> Iterator[Self]:
        """Serve until the end of the block."""
        served = cls(api)
        served._thread.start()
        wait_until(lambda: is_listening(served.port), "the console's server listens")
        try:
            yield served
        finally:
            served._loop.call_soon_threadsafe(served._stop.set)
            served._thread.join()

    def sign(self, method: str, url: str, _: bytes | None) -> Mapping[str, str]:
        """Add the user's credentials."""
        self.signed.append((method, url))
        return {"Authorization": TOKEN}

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, str]:
        """Send a request as it is."""
        with closing(HTTPConnection(HOST, self.port)) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode()

    def _run(self) -> None:
        self._loop.run_until_complete(serve_console(self.api, self.sign, self.port, self._stop))
        self._loop.close()
