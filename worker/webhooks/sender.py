"""Post an event to a receiver. Only the status of its answer is read.

A receiver's address is as untrusted as a document's: `sources/hosts.py`. Redirects are not followed, because the client
has named the receiver, and a redirect could lead anywhere. The time limit is for the whole request, so that a receiver
that drips its answer does not occupy a place for long.
"""

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from contract.delivery_log import AttemptCode, status_code
from contract.notice import EVENT_MEDIA_TYPE
from durable import JobError, PermanentError, TemporaryError
from worker.providers.retries import seconds_until
from worker.sources.addresses import Guard
from worker.sources.hosts import NO_PUBLIC_ADDRESS_TEXT, Hosts, parse_url

from .receivers import Receivers
from .signatures import Signer

TIMEOUT_SECONDS: Final = 15.0  # a receiver should take an event, answer, and then work
MAX_RETRY_AFTER_SECONDS: Final = 6 * 3_600.0  # a receiver may not ask for more; it is our own longest pause, too
_USER_AGENT: Final = "longhand-webhooks/1"
_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None)  # ours is one for all of a request


class WebhookSender:
    """`allowed` are hosts with ports that may be private and without TLS, as for downloads.

    Any other receiver must be public and use TLS on port 443, with a certificate that this machine trusts.
    """

    def __init__(self, secrets: Sequence[str], allowed: Collection[str], *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._signer: Final = Signer(secrets) if secrets else None
        self._hosts: Final = Hosts(allowed)
        self._timeout: Final = timeout
        self._receivers: Final = Receivers()

    async def post(self, url: str, event: str, body: bytes) -> int:
        """Return the status with which the receiver took the event. Raises a JobError with the code of the attempt."""
        if self._signer is None:
            message = "the worker has no secret to sign with: set WEBHOOK_SECRETS"
            raise TemporaryError(AttemptCode.NO_SECRET, message, after=0.0)
        target = parse_url(url)
        guard = self._hosts.guard_for(target)
        async with self._receivers.take(str(target.host)):
            headers = {"Content-Type": EVENT_MEDIA_TYPE, **self._signer.sign(event, body, time.time())}
            with _attempt_errors(guard):
                async with asyncio.timeout(self._timeout), _open_session(guard) as session:
                    return await _post(session, target, body, headers)


def _open_session(guard: Guard | None) -> aiohttp.ClientSession:
    """Open a session for one request, so that no address or cookie is kept for the next."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=guard, force_close=True),
        headers={"User-Agent": _USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
        auto_decompress=False,
        timeout=_NO_TIMEOUT,
        trust_env=False,
    )


async def _post(session: aiohttp.ClientSession, url: URL, body: bytes, headers: dict[str, str]) -> int:
    answer = await session.post(url, data=body, headers=headers, allow_redirects=False)
    status, retry_after = answer.status, answer.headers.get("Retry-After")
    answer.close()  # without its body
    if status in range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES):
        return status
    raise _error_of(status, retry_after)


def _error_of(status: int, retry_after: str | None) -> JobError:
    """Return the error of a status: a receiver that is gone gets no other attempt."""
    code, message = status_code(status), f"the receiver answered {status}"
    if status == HTTPStatus.GONE:
        return PermanentError(code, message)
    after = min(seconds_until(retry_after, time.time()) or 0.0, MAX_RETRY_AFTER_SECONDS)
    return TemporaryError(code, message, after=after)


@contextmanager
def _attempt_errors(guard: Guard | None) -> Iterator[None]:
    """Raise errors with our codes for those of aiohttp; none of them has the URL, which may hold a secret."""
    try:
        yield
    except TimeoutError as exc:
        raise _temporary(AttemptCode.TIMED_OUT, "the receiver did not answer in time") from exc
    except aiohttp.InvalidURL as exc:
        raise PermanentError(AttemptCode.URL_REFUSED, "the URL is invalid") from exc
    except aiohttp.ClientConnectorSSLError as exc:
        raise _temporary(AttemptCode.CERTIFICATE_REFUSED, "the receiver's TLS cannot be used") from exc
    except aiohttp.ClientConnectorCertificateError as exc:
        raise _temporary(AttemptCode.CERTIFICATE_REFUSED, "the receiver's certificate is not trusted") from exc
    except aiohttp.ClientError as exc:
        raise _explain(exc, guard) from exc


def _explain(error: aiohttp.ClientError, guard: Guard | None) -> JobError:
    if guard and guard.refused and guard.is_for_address:
        return PermanentError(AttemptCode.URL_REFUSED, "the URL leads to an address that is not public")
    if (guard and guard.refused) or isinstance(error, aiohttp.ClientConnectorDNSError):
        return _temporary(AttemptCode.NO_ADDRESS, NO_PUBLIC_ADDRESS_TEXT)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _temporary(AttemptCode.NOT_REACHED, "the receiver cannot be reached")
    return _temporary(AttemptCode.CONNECTION_LOST, "the connection to the receiver was lost")


def _temporary(code: AttemptCode, message: str) -> TemporaryError:
    return TemporaryError(code, message, after=0.0)
