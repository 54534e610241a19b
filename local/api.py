"""A client of the HTTP API, as anybody could write one: POST a job, ask for its status."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

POLL: Final = 0.2  # seconds between two questions
TIMEOUT: Final = 30.0  # seconds; API Gateway's own

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


def changes(url: str, job_ids: list[str], is_wrong: Callable[[], str | None]) -> Iterator[tuple[str, Json]]:
    """Give each job's status whenever it changes, until all have ended or something is wrong."""
    last: dict[str, Json] = {}
    running = list(job_ids)
    while running:
        if wrong := is_wrong():
            raise RuntimeError(wrong)
        for job_id in list(running):
            status, answer = send(f"{url}/status/{job_id}")
            if status == 200 and answer != last.get(job_id):  # noqa: PLR2004 - 503 passes, and is asked again
                last[job_id] = answer
                yield job_id, answer
                if answer["status"] != "processing":
                    running.remove(job_id)
        time.sleep(POLL)
