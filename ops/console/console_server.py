"""Serves the console on this machine for a system elsewhere. It listens on the loopback address only.

It passes its page's requests on to the API with the user's own credentials, which never reach the page. So it answers
only its own page: it checks the host name of a request, against DNS rebinding, and the page that sent it. The browser
talks to this host only: files that the API redirects to are fetched here, and an upload is sent on to the address that
the API signed for it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, web

from longhand_client import RequestAuth

from .files import ConsoleFiles

HOST: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 10 * 2**20  # API Gateway's limit
UPLOADS: Final = "/console/uploads/"  # followed by the upload's id
_OWN_SITES: Final = (None, "same-origin", "none")
_SENT_HEADERS: Final = ("Accept", "Content-Type", "If-None-Match")
_RETURNED_HEADERS: Final = ("Content-Type", "ETag", "Retry-After", "Location")
_TIMEOUT: Final = ClientTimeout(total=None, connect=5, sock_read=60)
_MAX_UPLOADS: Final = 1_000  # addresses in memory; each works for a quarter of an hour


@dataclass(frozen=True)
class _Upload:
    """The signed address of an upload, and the headers that belong to its signature."""

    url: str
    headers: Mapping[str, str]


class ConsoleServer:
    """The page at `/`, and the API behind every other path."""

    def __init__(self, api: str, auth: RequestAuth, session: ClientSession, port: int) -> None:
        self._api: Final = api.rstrip("/")
        self._auth: Final = auth
        self._session: Final = session
        self._names: Final = (f"{HOST}:{port}", f"localhost:{port}")
        self._files: Final = ConsoleFiles()
        self._uploads: Final = dict[str, _Upload]()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if not self._is_own_page(request):
            return _refuse(HTTPStatus.FORBIDDEN, "foreign_page", "this server answers its own page only")
        path = request.rel_url.path
        if request.method == "GET" and path in self._files:
            found = self._files.answer(path, request.headers.get("If-None-Match"))
            return web.Response(status=found.status, body=found.content, headers=found.headers)
        try:
            if path.startswith(UPLOADS):
                return await self._upload(request, path.removeprefix(UPLOADS))
            return await self._pass_on(request, starts_upload=(request.method, path) == ("POST", "/uploads"))
        except (ClientError, TimeoutError) as error:
            return _refuse(HTTPStatus.BAD_GATEWAY, "no_answer", f"{self._api} does not answer ({type(error).__name__})")

    def _is_own_page(self, request: web.BaseRequest) -> bool:
        """Whether the request comes from our page: a form of another page cannot send JSON under its own type."""
        is_json = request.method != "POST" or request.content_type == "application/json"
        is_own_site = request.headers.get("Sec-Fetch-Site") in _OWN_SITES
        return is_json and is_own_site and request.headers.get("Host") in self._names

    async def _pass_on(self, request: web.BaseRequest, *, starts_upload: bool) -> web.StreamResponse:
        url, body = self._api + request.path_qs, await request.read()
        sent = {name: request.headers[name] for name in _SENT_HEADERS if name in request.headers}
        signed = await asyncio.to_thread(self._auth, request.method, url, body or None)  # it may renew credentials
        async with self._session.request(
            request.method, url, data=body or None, headers={**sent, **signed}, allow_redirects=False
        ) as response:
            if response.status == HTTPStatus.SEE_OTHER:
                return await self._fetch(request, urljoin(url, response.headers["Location"]))
            if starts_upload and response.ok:
                return web.json_response(self._keep_upload(await response.json()), status=response.status)
            return await _stream(request, response)

    async def _fetch(self, request: web.BaseRequest, url: str) -> web.StreamResponse:
        """Answer with a file of the store, whose address is its own credential."""
        async with self._session.get(url) as response:
            return await _stream(request, response)

    def _keep_upload(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep the store's address of an upload, and return the answer with one of this server."""
        if len(self._uploads) >= _MAX_UPLOADS:
            self._uploads.clear()
        self._uploads[answer["uploadId"]] = _Upload(urljoin(self._api, answer["url"]), answer["headers"])
        return {**answer, "url": f"{UPLOADS}{answer['uploadId']}"}

    async def _upload(self, request: web.BaseRequest, upload_id: str) -> web.StreamResponse:
        upload = self._uploads.get(upload_id)
        if request.method != "PUT" or upload is None:
            sentence = "this upload was not started here: drop the file again"
            return _refuse(HTTPStatus.NOT_FOUND, "unknown_upload", sentence)
        # With its length: a store refuses a body of unknown size.
        headers = {**upload.headers, "Content-Length": request.headers.get("Content-Length", "0")}
        async with self._session.put(upload.url, data=request.content, headers=headers) as response:
            return await _stream(request, response)


async def _stream(request: web.BaseRequest, response: ClientResponse) -> web.StreamResponse:
    """Pass a response on piece by piece."""
    headers = {name: response.headers[name] for name in _RETURNED_HEADERS if name in response.headers}
    passed = web.StreamResponse(status=response.status, headers={**headers, "X-Content-Type-Options": "nosniff"})
    await passed.prepare(request)
    async for piece in response.content.iter_any():
        await passed.write(piece)
    await passed.write_eof()
    return passed


def _refuse(status: HTTPStatus, code: str, sentence: str) -> web.Response:
    return web.json_response({"error": sentence, "code": code}, status=status)


async def serve_console(api: str, auth: RequestAuth, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set. Raises OSError if the port is in use."""
    async with ClientSession(timeout=_TIMEOUT, auto_decompress=False) as session:
        server = web.Server(ConsoleServer(api, auth, session, port).handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        await stop.wait()
        await runner.cleanup()
