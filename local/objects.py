"""Streams the objects of jobs on a laptop, where the store is a folder. On AWS, clients read the bucket itself."""

from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from aiohttp import web

from contract.object_keys import JOBS, OBJECTS_PATH

# A browser shows a file by its declared type only, and runs no script in it.
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
    "Cache-Control": "private, no-store",
}


class StoredObjects:
    """The objects of jobs in a folder, at the paths that the trigger's answers name."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder, there is none."""
        self._folder: Final = folder and folder.resolve()

    @classmethod
    def of(cls, store_url: str) -> Self:
        """Return those of the store at this address."""
        return cls(Path(unquote(urlsplit(store_url).path)) if store_url.startswith("file:") else None)

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request asks for one of them."""
        return request.rel_url.raw_path.startswith(OBJECTS_PATH)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with the object that the path names, in pieces or in a range of it."""
        file = self._find(request.rel_url.raw_path) if request.method in ("GET", "HEAD") else None
        if file is None:
            return web.json_response({"message": "Not Found"}, status=HTTPStatus.NOT_FOUND)
        return web.FileResponse(file, headers=_HEADERS)

    def _find(self, path: str) -> Path | None:
        """Return the file of an object of a job; a path that leads elsewhere has none."""
        key = PurePosixPath(unquote(path.removeprefix(OBJECTS_PATH)))
        if self._folder is None:
            return None
        try:
            file = (self._folder / key).resolve()
            return file if file.is_relative_to(self._folder / JOBS) and file.is_file() else None
        except (OSError, ValueError):  # a name that no file can have
            return None
