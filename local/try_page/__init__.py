"""A page that lists the API's routes and sends requests to them, for this machine only.

It loads nothing from elsewhere. Its policy lets the browser run its own script only, and send requests to this gateway
only, so no text of a document or an answer can act.
"""

from http import HTTPMethod
from pathlib import Path
from typing import Final

from aiohttp import web

PATH: Final = "/docs"
_FOLDER: Final = Path(__file__).parent
_FILES: Final = {
    PATH: ("index.html", "text/html"),
    f"{PATH}/page.js": ("page.js", "text/javascript"),
    f"{PATH}/page.css": ("page.css", "text/css"),
}
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class TryPage:
    """The page and its files."""

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request asks for one of them."""
        return request.method == HTTPMethod.GET and request.rel_url.path in _FILES

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer with the file."""
        name, media_type = _FILES[request.rel_url.path]
        text = (_FOLDER / name).read_text()
        return web.Response(text=text, content_type=media_type, charset="utf-8", headers=_HEADERS)
