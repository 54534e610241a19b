"""A job runs from its request to its result, and every way to fail ends it in words that cross the wire."""

from collections.abc import Mapping
from typing import Any

from tests.durable.worker_lab import EMBEDDED, StartedWorker, WorkerLab
from tests.waiting import wait_until

ENDS: list[tuple[str, list[object], str, str | None]] = [
    ("faulty", ["too_large"], "result_too_large", "too_large"),
    ("faulty", ["mistyped"], "result_type", "mistyped"),
    ("faulty", ["unwritable"], "result_type", "unwritable"),
    ("faulty", ["late"], "step_timeout", "late"),
    ("faulty", ["locked"], "locked", "locked"),
    ("large", [], "result_too_large", "large"),
    ("buggy", [], "unexpected", None),
    ("needs", [{"number": "a secret"}], "bad_arguments", None),
    ("needs", ["a secret"], "bad_arguments", None),
    ("needs", [], "bad_arguments", None),
]


def test_values_keep_their_types_between_steps_and_across_workers(lab: WorkerLab) -> None:
    """Also in a module whose annotations are strings, also in a workflow that is a part or a job of its own."""
    lab.start()
    assert lab.result(lab.create("a", "pages", "a", 3)) == {"number": 3, "text": "Page"}
    page = {"number": 1, "text": "Page"}
    assert lab.result(lab.create("b", "nested", "b")) == [page, page | {"number": 2}]


def test_what_fails_is_a_failed_job_that_says_why(lab: WorkerLab) -> None:
    """Never an endless redelivery, and never the value itself."""
    worker = lab.start()
    jobs = [lab.create(f"job-{n}", workflow, *args) for n, (workflow, args, _, _) in enumerate(ENDS)]
    for job, (_, _, code, step) in zip(jobs, ENDS, strict=True):
        error = lab.error(job)
        assert (error["code"], error["step"]) == (code, step)
    assert "a secret" not in worker.log.read_text() + "".join(lab.error(job)["message"] for job in jobs)


def test_a_body_catches_by_code(lab: WorkerLab) -> None:
    """What can be tried again in a while, and what cannot, is known there too."""
    lab.start()
    assert lab.result(lab.create("a", "forgiving")) == {
        "too_large": "result_too_large in too_large, never",
        "mistyped": "result_type in mistyped, never",
        "unwritable": "result_type in unwritable, never",
        "late": "step_timeout in late, once more",
        "locked": "locked in locked, never",
    }


def test_a_step_tells_the_log_and_the_journal(lab: WorkerLab) -> None:
    """An entry for each event, and a bug's line says where it arose."""
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
    """With what a log store needs to count them and to alarm; what the job is about is in none."""
    worker = lab.start()
    lab.wait(lab.create("a", "faulty", "late"))
    lab.wait(lab.create("b", "pages", "b", 1))
    told = wait_until(
        lambda: [told_in(worker, job) for job in "ab" if told_in(worker, job)][1:], lambda: worker.log_tail
    )
    assert [line["event"] for line in told_in(worker, "a")] == ["step_retrying"] * 2 + ["step_failed", "job_failed"]
    retried, _, step, job = told_in(worker, "a")
    assert (retried["step"], retried["attempt"], retried["code"]) == ("late", 1, "step_timeout")
    assert retried["pause"] > 0
    assert (step["step"], step["attempts"], step["code"]) == ("late", 3, "step_timeout")
    assert step["duration"] > 3 * 0.05
    assert (job["workflow"], job["version"], job["code"], job["step"]) == ("faulty", 1, "step_timeout", "late")
    assert job["duration"] > step["duration"]
    step, job = told[0]
    assert (step["event"], step["step"], step["attempts"]) == ("step_done", "turn", 1)
    assert (job["event"], job["workflow"], "code" in job) == ("job_done", "pages", False)


def told_in(worker: StartedWorker, job: str) -> list[Mapping[str, Any]]:
    """What the log says of a job, once it says that the job has ended."""
    lines = [line for line in worker.log_lines if line.get("promiseId") == job]
    return lines if lines and lines[-1]["event"].startswith("job_") else []


@EMBEDDED
def test_without_the_guard_a_large_result_is_made_again_and_again(lab: WorkerLab) -> None:
    """The trap: the SDK cannot write it, releases the task, gets it at once, and runs the step anew."""
    lab.launch("sdk_worker")
    lab.create("a", "careless", "a")
    lab.evidence.wait_for("a", "careless", times=10)
    assert lab.client.get("a").state == "pending"
