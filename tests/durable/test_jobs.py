"""Jobs from request to result, and each way to fail."""

from collections.abc import Mapping
from typing import Any

from tests.durable.worker_lab import EMBEDDED_SERVER, StartedWorker, WorkerLab
from tests.waiting import wait_until

FAILURES: list[tuple[str, list[object], str, str | None]] = [
    ("faulty", ["too_large"], "result_too_large", "too_large"),
    ("faulty", ["return_wrong_type"], "result_type", "return_wrong_type"),
    ("faulty", ["unwritable"], "result_type", "unwritable"),
    ("faulty", ["late"], "step_timeout", "late"),
    ("faulty", ["refuse"], "locked", "refuse"),
    ("large", [], "result_too_large", "large"),
    ("buggy", [], "unexpected", None),
    ("needs", [{"number": "a secret"}], "bad_arguments", None),
    ("needs", ["a secret"], "bad_arguments", None),
    ("needs", [], "bad_arguments", None),
]


def test_values_keep_their_types_between_steps_and_across_workers(lab: WorkerLab) -> None:
    """Even in a module whose annotations are strings, and in a workflow that is a part or a task of its own."""
    lab.start()
    assert lab.result(lab.create("a", "pages", "a", 3)) == {"number": 3, "text": "Page"}
    page = {"number": 1, "text": "Page"}
    assert lab.result(lab.create("b", "nested", "b")) == [page, page | {"number": 2}]


def test_each_failure_fails_the_job_with_code_and_step(lab: WorkerLab) -> None:
    """The task is not redelivered, and the error never quotes the value."""
    worker = lab.start()
    jobs = [lab.create(f"job-{n}", workflow, *args) for n, (workflow, args, _, _) in enumerate(FAILURES)]
    for job, (_, _, code, step) in zip(jobs, FAILURES, strict=True):
        error = lab.error(job)
        assert (error["code"], error["step"]) == (code, step)
    assert "a secret" not in worker.log.read_text() + "".join(lab.error(job)["message"] for job in jobs)


def test_a_workflow_catches_errors_by_code(lab: WorkerLab) -> None:
    """The workflow also knows whether a retry may help."""
    lab.start()
    assert lab.result(lab.create("a", "forgiving")) == {
        "too_large": "result_too_large in too_large, permanent",
        "return_wrong_type": "result_type in return_wrong_type, permanent",
        "unwritable": "result_type in unwritable, permanent",
        "late": "step_timeout in late, temporary",
        "refuse": "locked in refuse, permanent",
    }


def test_a_step_reports_each_attempt_to_the_listener_and_the_log(lab: WorkerLab) -> None:
    """The log line of an unexpected error has a traceback."""
    worker = lab.start()
    lab.wait(lab.create("a", "faulty", "late"))
    lab.wait(lab.create("b", "buggy"))
    assert [line["promiseId"] for line in worker.log_lines if "raise KeyError" in line.get("traceback", "")] == ["b"]
    events = [(event["promise_id"], event["attempt"], event["kind"], event["fence"]) for event in lab.step_events()]
    assert events == [("a", n, event, 1) for n in (1, 2) for event in ("started", "retrying")] + [
        ("a", 3, "started", 1),
        ("a", 3, "failed", 1),
    ]


def test_the_log_has_a_line_for_each_retry_and_each_end(lab: WorkerLab) -> None:
    """Each has the fields that metrics and alarms need."""
    worker = lab.start()
    lab.wait(lab.create("a", "faulty", "late"))
    lab.wait(lab.create("b", "pages", "b", 1))
    ended = wait_until(
        lambda: [find_end_lines(worker, job) for job in "ab" if find_end_lines(worker, job)][1:],
        lambda: worker.log_tail,
    )
    assert [line["event"] for line in find_end_lines(worker, "a")] == ["step_retrying"] * 2 + [
        "step_failed",
        "job_failed",
    ]
    retried, _, step, job = find_end_lines(worker, "a")
    assert (retried["step"], retried["attempt"], retried["code"]) == ("late", 1, "step_timeout")
    assert retried["pause"] > 0
    assert (step["step"], step["attempts"], step["code"]) == ("late", 3, "step_timeout")
    assert step["duration"] > 3 * 0.05
    assert (job["workflow"], job["version"], job["code"], job["step"]) == ("faulty", 1, "step_timeout", "late")
    assert job["duration"] > step["duration"]
    step, job = ended[0]
    assert (step["event"], step["step"], step["attempts"]) == ("step_done", "turn", 1)
    assert (job["event"], job["workflow"], "code" in job) == ("job_done", "pages", False)


def find_end_lines(worker: StartedWorker, job: str) -> list[Mapping[str, Any]]:
    """Return the log lines of a job once it has ended."""
    lines = [line for line in worker.log_lines if line.get("promiseId") == job]
    return lines if lines and lines[-1]["event"].startswith("job_") else []


@EMBEDDED_SERVER
def test_without_the_guard_a_large_result_is_computed_again_and_again(lab: WorkerLab) -> None:
    """The trap: the SDK cannot write the result, releases the task, gets it again, and repeats the step."""
    lab.launch("sdk_worker")
    lab.create("a", "careless", "a")
    lab.evidence.wait_for("a", "careless", times=10)
    assert lab.client.get("a").state == "pending"
