"""The console as on AWS, for a system on this machine: its published files, and the API behind a check of tokens.

The trigger is the real function; its events have the claims of the token as API Gateway passes them on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import jwt
import pytest
from aiohttp import web

from contract.console_page import CACHE_CONTROL, SignIn, make_policy
from lambdas.page.publishing import PageFile, publish
from local.containers import Containers
from local.events import Json
from local.functions import Function
from local.gateway import FUNCTION_SECONDS, HANDLER, LocalRoutes, to_event, to_response
from local.gateway_paths import UPLOADS_PATH
from local.objects import StoredObjects
from local.server_process import HOST, free_port
from local.system import System
from local.upload_endpoint import UploadEndpoint
from ops.console.files import FOLDER

from .identity_provider import CLIENT, IdentityProvider
from .thread_server import serve_in_thread

MAX_CONTAINERS = 4
ADMIN_GROUP = "admin"


@dataclass
class Files:
    """The bucket of the page, and the answers that a browser gets from it."""

    policy: str
    kept: dict[str, PageFile] = field(default_factory=dict)

    def put(self, file: PageFile) -> None:
        self.kept[file.key] = file

    def list(self) -> dict[str, datetime]:
        return dict.fromkeys(self.kept, datetime.now(UTC))

    def delete(self, keys: set[str]) -> None:
        for key in keys:
            del self.kept[key]

    def handles(self, request: web.BaseRequest) -> bool:
        return request.path == "/" or request.path.startswith("/console/")

    async def answer(self, request: web.BaseRequest) -> web.Response:
        file = self.kept.get(request.path.lstrip("/") or "index.html")
        if file is None:
            return web.Response(status=HTTPStatus.FORBIDDEN)
        headers = {"Content-Security-Policy": self.policy, "Cache-Control": CACHE_CONTROL}
        return web.Response(body=file.content, headers={**headers, "Content-Type": file.media_type})


@dataclass
class TokenApi:
    """The trigger behind the authorizer."""

    trigger: Function
    provider: IdentityProvider

    async def answer(self, request: web.BaseRequest) -> web.Response:
        event = await to_event(request)
        try:
            claims = self.provider.verify(request.headers.get("Authorization", "").removeprefix("Bearer "))
        except jwt.InvalidTokenError:
            return web.json_response({"message": "Unauthorized"}, status=HTTPStatus.UNAUTHORIZED)
        event["requestContext"]["authorizer"] = {"jwt": {"claims": as_api_gateway(claims), "scopes": None}}
        return to_response(await self.trigger.call(event))


def as_api_gateway(claims: Json) -> dict[str, str]:
    """Return claims as texts: a list is written as [one two]."""
    return {key: f"[{' '.join(one)}]" if isinstance(one, list) else str(one) for key, one in claims.items()}


@dataclass(frozen=True)
class SignedInSite:
    """The page's address, and the identity provider, which the test may change."""

    url: str
    provider: IdentityProvider


@contextmanager
def serve_site(system: System) -> Iterator[SignedInSite]:
    """Serve the page and the identity provider inside the block."""
    page, login = free_port(), free_port()
    url, origin = f"http://{HOST}:{page}/", f"http://{HOST}:{login}"
    provider = IdentityProvider(origin, url, groups={"boss": ["staff", ADMIN_GROUP]})
    files = Files(make_policy([origin]))
    publish(files, SignIn(provider=origin, client=CLIENT), FOLDER)
    environ = system.make_trigger_environ() | {
        "ADMIN_GROUP": ADMIN_GROUP,
        "UPLOADS_URL": f"{url.rstrip('/')}{UPLOADS_PATH}",
    }
    uploads = UploadEndpoint.of(environ)
    assert uploads
    routes: list[LocalRoutes] = [files, StoredObjects.of(environ["STORE_URL"]), uploads]
    trigger = Containers(HANDLER, limit=MAX_CONTAINERS, seconds=FUNCTION_SECONDS)
    api = TokenApi(trigger, provider)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        for one in routes:
            if one.handles(request):
                return await one.answer(request)
        return await api.answer(request)

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)  # for the processes of the function
        with serve_in_thread({page: answer, login: provider.answer}, trigger.close):
            yield SignedInSite(url, provider)
