"""The files of the console, and the headers that a browser gets with them. No other file can be asked for."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "console"
LIBRARY: Final = "node_modules/lit-html/lit-html.js"
_PATTERNS: Final = ("*.js", "*.css", "*.svg", "views/*.js")
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_ETAG_CHARACTERS: Final = 32
# Nothing but our own files: no inline script or style, no frame, no other host, and no text becomes markup.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types lit-html"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_NOT_INSTALLED: Final = b"The console's library is not installed: run scripts/npm console ci, with a network.\n"


@dataclass(frozen=True)
class FileAnswer:
    """An answer to a request for a file."""

    status: HTTPStatus
    content: bytes
    headers: Mapping[str, str]


class ConsoleFiles:
    """The files by their path. They are read for each request, so that a change shows after a reload."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = [*(file for pattern in _PATTERNS for file in folder.glob(pattern)), folder / LIBRARY]
        named = {f"/console/{file.relative_to(folder)}": file for file in files}
        self._files: Final = {"/": folder / "index.html"} | named

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def answer(self, path: str, held_tag: str | None) -> FileAnswer:
        """Return the file, or nothing if the browser holds it."""
        file = self._files[path]
        if not file.is_file():
            return FileAnswer(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_INSTALLED, {"Content-Type": "text/plain"})
        content = file.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:_ETAG_CHARACTERS]}"'
        headers = {**_HEADERS, "ETag": tag}
        if held_tag == tag:
            return FileAnswer(HTTPStatus.NOT_MODIFIED, b"", headers)
        return FileAnswer(HTTPStatus.OK, content, {**headers, "Content-Type": _MEDIA_TYPES[file.suffix]})
