"""Each log line of the worker about a job has `jobId`, the key that the trigger's log uses."""

import json
import logging

import pytest

from durable import JsonFormatter
from worker.__main__ import add_job_id


@pytest.mark.parametrize(
    ("promise", "job_id"), [("doc/a-1", "a-1"), ("ending/a-1", "a-1"), ("estimate/x", None), (None, None)]
)
def test_a_log_line_with_the_promise_id_of_a_job_has_its_job_id(promise: str | None, job_id: str | None) -> None:
    record = logging.LogRecord("worker", logging.INFO, "", 0, "message", None, None)
    record.fields = {"promiseId": promise} if promise else {}
    line = json.loads(JsonFormatter(enrich=add_job_id).format(record))
    assert (line.get("jobId"), line.get("promiseId")) == (job_id, promise)
