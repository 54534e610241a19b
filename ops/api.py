"""The client of the HTTP API: submits, estimates, cancels and decides; reads the status. Failures raise `UserError`.

Requests are retried while the API is throttling or briefly unavailable. Submitting is idempotent: the same job id and
payload are the same job.
"""

import json
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import JsonValue
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError, LocationValueError

from contract.answers import (
    Accepted,
    Canceled,
    Decided,
    Done,
    DryRun,
    Failed,
    JobExplanation,
    JobHistory,
    NotFound,
    Processing,
    Waiting,
)
from contract.api_value import read_json
from contract.decision import Decision
from contract.functions import InvocationAccepted, InvocationAnswer, InvocationNotFound
from contract.job import DocumentJob, is_job_id

from .errors import UserError
from .exit_codes import ExitCode
from .http_errors import explain_foreign_response, explain_response, explain_unreachable
from .signing import RequestAuth, send_no_credentials

type Answer = Processing | Waiting | Done | Failed | Canceled | NotFound
type InvocationState = InvocationAnswer | InvocationNotFound

_RETRIED_STATUSES: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
_ATTEMPTS: Final = 4
_PAUSE_SECONDS: Final = 2.0  # when the response has no Retry-After
_MAX_PAUSE_SECONDS: Final = 10.0  # whatever Retry-After asks for
_TIMEOUT: Final = Timeout(connect=5, read=31)  # API Gateway answers within 30


class Api:
    """The API at one address."""

    def __init__(
        self,
        url: str,
        auth: RequestAuth = send_no_credentials,
        *,
        remedy: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`remedy` is the advice for an API that does not respond."""
        self.url: Final = url.rstrip("/")
        self._auth: Final = auth
        self._remedy: Final = remedy
        self._sleep: Final = sleep
        self._pool: Final = PoolManager(timeout=_TIMEOUT, retries=Retry(0, redirect=False))

    def submit(self, job: DocumentJob) -> Accepted:
        """Record the job, or return the record of the same job sent before."""
        response = self._send("POST", "/process-document", job.to_json())
        accepted: Accepted = self._parse(response, Accepted, HTTPStatus.ACCEPTED)
        return accepted

    def estimate(self, job: DocumentJob) -> DryRun | Failed:
        """Return what the job would take, or the error that it would fail with, without starting it."""
        response = self._send("POST", "/process-document?dryRun=true", job.to_json())
        estimate: DryRun | Failed = self._parse(response, DryRun | Failed, HTTPStatus.OK)
        return estimate

    def status(self, job_id: str) -> Answer:
        """Return the state of a job; `NotFound`, without a request, for an id that no job can have."""
        if not is_job_id(job_id):
            return NotFound(job_id=job_id)
        response = self._send("GET", f"/status/{job_id}")
        answer: Answer = self._parse(response, Answer, HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return answer

    def explain(self, job_id: str) -> JobExplanation | NotFound:
        """Return why a job is where it is."""
        answer: JobExplanation | NotFound = self._read(job_id, "why", JobExplanation)
        return answer

    def history(self, job_id: str) -> JobHistory | NotFound:
        """Return what a job has called."""
        answer: JobHistory | NotFound = self._read(job_id, "history", JobHistory)
        return answer

    def _read(self, job_id: str, part: str, kind: Any) -> Any:  # noqa: ANN401 - as read_json
        response = self._send("GET", f"/jobs/{job_id}/{part}")
        if response.status == HTTPStatus.NOT_FOUND:
            return self._parse(response, NotFound, HTTPStatus.NOT_FOUND)
        return self._parse(response, kind, HTTPStatus.OK)

    def cancel(self, job_id: str) -> Canceled | NotFound:
        """Cancel a job."""
        if not is_job_id(job_id):
            return NotFound(job_id=job_id)
        response = self._send("POST", f"/jobs/{job_id}/cancel")
        answer: Canceled | NotFound = self._parse(response, Canceled | NotFound, HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return answer

    def decide(self, job_id: str, decision: Decision) -> Decided | NotFound:
        """Answer the question that a job waits for."""
        response = self._send("POST", f"/jobs/{job_id}/decision", decision.to_json())
        answer: Decided | NotFound = self._parse(response, Decided | NotFound, HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return answer

    def invoke(self, function: str, args: Sequence[JsonValue], name: str | None = None) -> InvocationAccepted:
        """Have a function run, or return the record of the same invocation made before; the API makes a missing id."""
        body = {"function": function, "args": args} | ({} if name is None else {"id": name})
        response = self._send("POST", "/invocations", json.dumps(body).encode())
        accepted: InvocationAccepted = self._parse(response, InvocationAccepted, HTTPStatus.ACCEPTED)
        return accepted

    def read_invocation(self, name: str) -> InvocationState:
        """Return the state of an invocation."""
        response = self._send("GET", f"/invocations/{name}")
        answer: InvocationState = self._parse(response, InvocationState, HTTPStatus.OK, HTTPStatus.NOT_FOUND)
        return answer

    def send_once(self, method: str, path: str, body: bytes | None = None) -> BaseHTTPResponse:
        """Send one request without retries and return the response, whatever its status."""
        url = self.url + path
        headers = {"content-type": "application/json"} if body else {}
        try:
            return self._pool.request(method, url, body=body, headers={**headers, **self._auth(method, url, body)})
        except LocationValueError as error:
            raise UserError(
                ExitCode.CONFIG, f"{self.url} is not a valid API address", "use the form https://host"
            ) from error
        except (HTTPError, OSError) as error:
            raise explain_unreachable(self.url, error, self._remedy) from error

    def _send(self, method: str, path: str, body: bytes | None = None) -> BaseHTTPResponse:
        for _ in range(_ATTEMPTS - 1):
            response = self.send_once(method, path, body)
            if response.status not in _RETRIED_STATUSES:
                return response
            self._sleep(_pause_seconds(response))
        return self.send_once(method, path, body)

    def _parse(self, response: BaseHTTPResponse, kind: Any, *statuses: HTTPStatus) -> Any:  # noqa: ANN401 - as read_json
        if response.status not in statuses:
            raise explain_response(self.url, response)
        try:
            return read_json(response.data, kind)
        except ValueError as error:
            raise explain_foreign_response(self.url, response) from error


def _pause_seconds(response: BaseHTTPResponse) -> float:
    try:
        return min(float(response.headers.get("Retry-After", _PAUSE_SECONDS)), _MAX_PAUSE_SECONDS)
    except ValueError:
        return _PAUSE_SECONDS
