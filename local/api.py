"""A client of the HTTP API, as anybody could write one: POST a job, ask for its status."""

import json
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

POLL: Final = 0.2  # seconds between two questions
TIMEOUT: Final = 30.0  # seconds; API Gateway's own
GOES_ON: Final = ("processing", "waiting")  # all else is an end
PATIENCE: Final = 180.0  # seconds for all jobs together; a slow machine needs twenty for a scanned page

type Json = dict[str, Any]


def send(url: str, body: Json | None = None) -> tuple[int, Json]:
    """Send a request and return the status and the body of its answer, whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"})  # noqa: S310 - our own gateway
    try:
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - as above
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


class WrongError(RuntimeError):
    """The system does not do what it should; the sentence says what."""


def changes(url: str, job_ids: list[str], what_is_wrong: Callable[[], str | None]) -> Iterator[tuple[str, Json]]:
    """Give each job's status whenever it changes, until all have ended. Raises WrongError."""
    last: dict[str, Json] = {}
    running = list(job_ids)
    end = time.monotonic() + PATIENCE
    while running:
        if wrong := what_is_wrong():
            raise WrongError(wrong)
        if time.monotonic() > end:
            raise WrongError(f"not done within {PATIENCE:.0f} seconds: {', '.join(running)}")
        for job_id in list(running):
            status, answer = send(f"{url}/status/{job_id}")
            if status not in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE):  # which passes, and is asked again
                raise WrongError(f"GET /status/{job_id} answered {status} {answer}")
            if status == HTTPStatus.OK and answer != last.get(job_id):
                last[job_id] = answer
                yield job_id, answer
                if answer["status"] not in GOES_ON:
                    running.remove(job_id)
        time.sleep(POLL)
