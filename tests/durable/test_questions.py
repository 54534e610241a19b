"""A job survives every value that a client settles its promise with: unreadable ones are read as null."""

from base64 import b64encode
from typing import Any, Literal

from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from tests.durable.worker_lab import WorkerLab
from tests.waiting import wait_until

type PromiseState = Literal["resolved", "rejected"]


def base64(content: bytes) -> str:
    return b64encode(content).decode()


UNREADABLE = {
    "no base64": "not base64!",
    "base64 that is cut off": "eyJhIjogMX",
    "no text": base64(b"\xff\xfe\x00"),
    "no JSON": base64(b"rubbish"),
    "an empty text": base64(b""),
    "a number that JSON does not have": base64(b"NaN"),
    "another such number": base64(b"[-Infinity]"),
    "a number beyond the range of floats": base64(b"1e999"),
    "an unpaired surrogate": base64(rb'"\ud800"'),
    "invalid UTF-8 in a string": base64(b'"\xff"'),
    "deeply nested lists": base64(b"[" * 100_000 + b"]" * 100_000),
}


def settle_answers(lab: WorkerLab, job: str, data: list[str], state: PromiseState) -> Any:  # noqa: ANN401 the job's result
    """Settle one question after the other, and return the job's result."""
    lab.create(job, "ask_questions", job, len(data))
    for number, one in enumerate(data, start=1):
        promise = wait_for_question(lab, job, number)
        lab.client.settle(PromiseSettle(id=promise, state=state, value=Value(data=one)))
    return lab.result(job)


def wait_for_question(lab: WorkerLab, job: str, number: int) -> str:
    """Return the promise of the n-th question."""

    def find_promises() -> list[str] | None:
        found = lab.evidence.events_of(job)
        return found if len(found) >= number else None

    return wait_until(find_promises, lambda: f"there is no question {number}: {lab.workers[0].log_tail}")[-1]


def test_an_unreadable_answer_is_none(lab: WorkerLab) -> None:
    lab.start()
    values = [*UNREADABLE.values(), base64(b'{"a": 1}')]
    assert settle_answers(lab, "a", values, "resolved") == [*["None"] * len(UNREADABLE), "{'a': 1}"]


def test_an_unreadable_refusal_has_no_reason(lab: WorkerLab) -> None:
    lab.start()
    assert settle_answers(lab, "a", list(UNREADABLE.values()), "rejected") == ["no_reason"] * len(UNREADABLE)
