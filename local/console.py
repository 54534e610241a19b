"""Serves the console, the page for people, beside the API on this machine."""

from typing import Final

from aiohttp import web

from ops.console.files import ConsoleFiles


class Console:
    """The page at `/`."""

    def __init__(self, files: ConsoleFiles | None = None) -> None:
        self._files: Final = files or ConsoleFiles()

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request asks for a file of the page."""
        return request.method == "GET" and request.rel_url.path in self._files

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with the file, compressed if the browser understands that."""
        found = self._files.answer(request.rel_url.path, request.headers.get("If-None-Match"))
        response = web.Response(status=found.status, body=found.content, headers=found.headers)
        if found.content:
            response.enable_compression()
        return response
