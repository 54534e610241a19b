"""A Lambda function that the bridge calls with the worker's role, on one connection for each running call.

boto3 does not fit: it needs a thread for as long as the function runs, and if the answer is late, it silently repeats
the call, which starts the function a second time.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import aiohttp
from aiohttp import AddrInfoType
from msgspec import Struct, json
from yarl import URL

from durable.runtime import CallAnswer, FunctionFailedError, NotTakenError, UnansweredError

_MAX_CALL_SECONDS: Final = 15 * 60 + 30.0  # Lambda's limit for a function, and some
_CONNECT_SECONDS: Final = 5.0
_KEEP_ALIVE_SECONDS: Final = 60  # a NAT gateway forgets a connection that was silent for 350 seconds
_KEEP_ALIVE_PROBES: Final = 3
_MAX_ERROR_CHARACTERS: Final = 500
_DOMAIN: Final = "amazonaws.com"
_DOMAINS: Final = {"aws-cn": "amazonaws.com.cn"}  # by partition, where it differs
# Throttled, being updated or set up, or a fault of Lambda's. If the function has begun anyway, a repeated call finds
# the task taken.
_NOT_TAKEN: Final = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600))


type Sign = Callable[[str, bytes], Mapping[str, str]]  # takes a URL and a body, and returns the headers


class CredentialsError(ValueError):
    """Calls cannot be signed; the text has the reason."""


class _Failure(Struct, rename="camel"):
    """Lambda's answer for a failed function. The stack trace is not read: clients may see a job's error."""

    error_type: str
    error_message: str


class LambdaFunction:
    """Implements the bridge's `Function`."""

    def __init__(self, url: str, sign: Sign) -> None:
        self._url: Final = url
        self._sign: Final = sign
        self._session: aiohttp.ClientSession | None = None

    async def call(self, message: bytes) -> CallAnswer:
        """Call the function once, and return its answer or raise a CallError."""
        headers = await asyncio.to_thread(self._sign, self._url, message)  # it may fetch new credentials
        try:
            # The URL must stay as it was signed: by default the client unquotes the ARN's colons, and Lambda refuses
            # that.
            url = URL(self._url, encoded=True)
            async with self._open_session().post(url, data=message, headers=headers) as response:
                body = await response.read()
        except aiohttp.ClientConnectorError as exc:
            raise NotTakenError(f"no connection to Lambda: {exc}") from exc
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise UnansweredError(repr(exc)) from exc
        return _parse(response.status, response.headers.get("X-Amz-Function-Error"), body)

    async def close(self) -> None:
        """Close the connections. Functions that run go on, each under its own lease."""
        if self._session:
            await self._session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_MAX_CALL_SECONDS, sock_connect=_CONNECT_SECONDS)
            # No limit here: the worker's concurrency is the limit, and a call that waits here would look like a running
            # one.
            connector = aiohttp.TCPConnector(limit=0, socket_factory=_open_socket)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session


def open_function(arn: str, *, endpoint: str | None = None) -> LambdaFunction:
    """Return the function with this ARN, called with this process's credentials.

    An endpoint is that of a stand-in for Lambda.
    """
    _, partition, _, region, *_ = arn.split(":")
    sign = _make_signer(region, is_required=endpoint is None)
    host = endpoint or f"https://lambda.{region}.{_DOMAINS.get(partition, _DOMAIN)}"
    return LambdaFunction(f"{host.rstrip('/')}/2015-03-31/functions/{quote(arn, safe='')}/invocations", sign)


def _make_signer(region: str, *, is_required: bool) -> Sign:
    from botocore.auth import SigV4Auth  # type: ignore[import-untyped] # noqa: PLC0415 it has no types, and is heavy
    from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.session import Session  # type: ignore[import-untyped] # noqa: PLC0415

    try:
        credentials = Session().get_credentials()
    except BotoCoreError as exc:  # a profile that does not exist
        if is_required:
            raise CredentialsError(str(exc)) from exc
        credentials = None
    if is_required and credentials is None:
        raise CredentialsError("the worker has no AWS credentials to call the function with: give it a role")

    def sign(url: str, message: bytes) -> Mapping[str, str]:
        request = AWSRequest("POST", url, data=message, headers={"X-Amz-Invocation-Type": "RequestResponse"})
        try:
            if credentials:
                SigV4Auth(credentials.get_frozen_credentials(), "lambda", region).add_auth(request)
        except (BotoCoreError, RuntimeError) as exc:  # it gets no new ones, or they have expired, too
            if is_required:
                raise NotTakenError(f"the call cannot be signed: {exc}") from exc
        return dict(request.headers.items())

    return sign


def _open_socket(address: AddrInfoType) -> socket.socket:
    """Open a socket that is not silent while a function runs for minutes."""
    family, kind, protocol, _, _ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # not on macOS
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEP_ALIVE_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEP_ALIVE_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, _KEEP_ALIVE_PROBES)
    return opened


def _parse(status: int, function_error: str | None, body: bytes) -> CallAnswer:
    text = body.decode(errors="replace")[:_MAX_ERROR_CHARACTERS]
    if status in _NOT_TAKEN:
        raise NotTakenError(f"Lambda answers {status}: {text}")
    if status != HTTPStatus.OK:
        raise FunctionFailedError(f"Lambda answers {status}: {text}")  # no such function, or no permission to call it
    if function_error:
        raise FunctionFailedError(_describe(body)[:_MAX_ERROR_CHARACTERS])
    try:
        return json.decode(body, type=CallAnswer)
    except ValueError as exc:
        raise FunctionFailedError(f"the function answers what no function worker answers: {text}") from exc


def _describe(body: bytes) -> str:
    try:
        failure = json.decode(body, type=_Failure)
    except ValueError:
        return body.decode(errors="replace")
    return f"{failure.error_type}: {failure.error_message}"
