"""The files of the console, and the headers that a browser gets with them. No other file is served."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from contract import console_page

FOLDER: Final = Path(__file__).resolve().parents[2] / console_page.FOLDER
_ETAG_CHARACTERS: Final = 32
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": console_page.make_policy(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": console_page.CACHE_CONTROL,
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

    def __init__(self) -> None:
        self._files: Final = console_page.list_files(FOLDER)

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
        return FileAnswer(HTTPStatus.OK, content, {**headers, "Content-Type": console_page.media_type(file)})
