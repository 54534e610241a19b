"""A client of our HTTP API: POST a job, ask for its status. What stands in the way is a `Fault`.

A request is repeated when the API is away or busy for a moment: the same job is the same job, however often it is sent.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError, LocationValueError

from contract.answers import Accepted, Canceled, Done, DryRun, Failed, NotFound, Processing, Waiting
from contract.job import JOB_ID, DocumentJob

from .errors import UserError
from .exit_codes import ExitCode
from .http_errors import explain_foreign_response, explain_response, explain_unreachable
from .signing import NoAuth, RequestAuth

type Answer = Processing | Waiting | Done | Failed | Canceled | NotFound

_ANSWER: Final[TypeAdapter[Answer]] = TypeAdapter(
    Annotated[Processing | Waiting | Done | Failed | Canceled | NotFound, Field(discriminator="status")]
)
_FOUND_OUT: Final[TypeAdapter[DryRun | Failed]] = TypeAdapter(Annotated[DryRun | Failed, Field(discriminator="status")])
_LATER: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
_ATTEMPTS: Final = 4
_PAUSE: Final = 2.0  # seconds, when the API does not say how long
_MOST: Final = 10.0  # seconds, whatever it says
_TIMEOUT: Final = Timeout(connect=5, read=31)  # API Gateway answers within 30


class Api:
    """The API at one address."""

    def __init__(
        self,
        url: str,
        sign: RequestAuth | None = None,
        *,
        remedy: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`remedy` is what to do when nobody answers."""
        self.url: Final = url.rstrip("/")
        self._sign: Final = sign or NoAuth()
        self._remedy: Final = remedy
        self._sleep: Final = sleep
        self._pool: Final = PoolManager(timeout=_TIMEOUT, retries=Retry(0, redirect=False))

    def submit(self, job: DocumentJob) -> Accepted:
        """Have the job recorded, or find it as it was recorded before."""
        answer = self._ask("POST", "/process-document", _body(job))
        if answer.status != HTTPStatus.ACCEPTED:
            raise explain_response(self.url, answer)
        try:
            return Accepted.model_validate_json(answer.data)
        except ValidationError as error:
            raise explain_foreign_response(self.url, answer) from error

    def estimate(self, job: DocumentJob) -> DryRun | Failed:
        """Ask what the job would take, or what it would fail with; none is started."""
        answer = self._ask("POST", "/process-document?dryRun=true", _body(job))
        if answer.status != HTTPStatus.OK:
            raise explain_response(self.url, answer)
        try:
            return _FOUND_OUT.validate_json(answer.data)
        except ValidationError as error:
            raise explain_foreign_response(self.url, answer) from error

    def status(self, job_id: str) -> Answer:
        """Ask for a job; that there is none is an answer, and known of a name that no job can have."""
        if not re.fullmatch(JOB_ID, job_id):
            return NotFound(job_id=job_id)
        answer = self._ask("GET", f"/status/{job_id}")
        if answer.status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
            raise explain_response(self.url, answer)
        try:
            return _ANSWER.validate_json(answer.data)
        except ValidationError as error:
            raise explain_foreign_response(self.url, answer) from error

    def send_once(self, method: str, path: str, body: bytes | None = None) -> BaseHTTPResponse:
        """Send one request and return whatever answers."""
        url = self.url + path
        headers = {"content-type": "application/json"} if body else {}
        try:
            return self._pool.request(method, url, body=body, headers={**headers, **self._sign(method, url, body)})
        except LocationValueError as error:
            raise UserError(
                ExitCode.CONFIG, f"{self.url} is not the address of an API", "it looks like https://host"
            ) from error
        except (HTTPError, OSError) as error:
            raise explain_unreachable(self.url, error, self._remedy) from error

    def _ask(self, method: str, path: str, body: bytes | None = None) -> BaseHTTPResponse:
        for _ in range(_ATTEMPTS - 1):
            answer = self.send_once(method, path, body)
            if answer.status not in _LATER:
                return answer
            self._sleep(_pause(answer))
        return self.send_once(method, path, body)


def _body(job: DocumentJob) -> bytes:
    return job.model_dump_json(exclude_none=True).encode()


def _pause(answer: BaseHTTPResponse) -> float:
    try:
        return min(float(answer.headers.get("Retry-After", _PAUSE)), _MOST)
    except ValueError:
        return _PAUSE
