"""A web server on this machine with a few documents, where the demo's worker downloads from; it counts."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .server_process import HOST


class Site:
    """The documents by name, and how often each was fetched."""

    def __init__(self, documents: Mapping[str, bytes], port: int) -> None:
        self.documents = documents
        self.host = f"{HOST}:{port}"
        self.fetched: Counter[str] = Counter()

    def url(self, name: str) -> str:
        """Where a document is."""
        return f"http://{self.host}/{name}"


@contextmanager
def serve(documents: Mapping[str, bytes], port: int = 0) -> Iterator[Site]:
    """Serve them, on a free port when none is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            site.fetched[name] += 1
            content = site.documents.get(name)
            self.send_response(200 if content is not None else 404)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing: the demo has the terminal."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    site = Site(documents, server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
