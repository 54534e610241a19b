"""A web server on this machine that serves documents to the worker and counts the downloads."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .server_process import HOST


class Site:
    """The documents by name, and how often each was downloaded."""

    def __init__(self, documents: Mapping[str, bytes], port: int) -> None:
        self.documents = documents
        self.host = f"{HOST}:{port}"
        self.downloads: Counter[str] = Counter()

    def url(self, name: str) -> str:
        """Return the address of a document."""
        return f"http://{self.host}/{name}"


@contextmanager
def serve_documents(documents: Mapping[str, bytes], port: int = 0) -> Iterator[Site]:
    """Serve the documents, on a free port when none is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            site.downloads[name] += 1
            content = site.documents.get(name)
            self.send_response(200 if content is not None else 404)
            self.send_header("content-length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            """Log nothing: only the demo writes to the terminal."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    site = Site(documents, server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
