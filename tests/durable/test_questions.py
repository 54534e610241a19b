"""Whatever a promise is settled with by hand, the job goes on: what cannot be read is an answer that says nothing."""

from base64 import b64encode
from typing import Any, Literal

from tests.durable.worker_lab import WorkerLab
from tests.waiting import wait_until
from wire.records import Value
from wire.requests import PromiseSettle

type PromiseState = Literal["resolved", "rejected"]


def base64(content: bytes) -> str:
    return b64encode(content).decode()


UNREADABLE = {
    "no base64": "not base64!",
    "base64 that is cut off": "eyJhIjogMX",
    "no text": base64(b"\xff\xfe\x00"),
    "no JSON": base64(b"rubbish"),
    "nothing at all": base64(b""),
    "a number that JSON does not have": base64(b"NaN"),
    "another one": base64(b"[-Infinity]"),
    "a number beyond all": base64(b"1e999"),
    "half a character": base64(rb'"\ud800"'),
    "a text that is none": base64(b'"\xff"'),
    "a list in a list in a list": base64(b"[" * 100_000 + b"]" * 100_000),
}


def answered(lab: WorkerLab, job: str, data: list[str], state: PromiseState) -> Any:  # noqa: ANN401 what the job returned
    """Settle one promise after the other; return what the job made of it."""
    lab.create(job, "curious", job, len(data))
    for number, one in enumerate(data, start=1):
        promise = asked(lab, job, number)
        lab.client.settle(PromiseSettle(id=promise, state=state, value=Value(data=one)))
    return lab.result(job)


def asked(lab: WorkerLab, job: str, number: int) -> str:
    """Return the promise of a question, once so many are asked."""

    def promises() -> list[str] | None:
        told = lab.evidence.events_of(job)
        return told if len(told) >= number else None

    return wait_until(promises, lambda: f"there is no question {number}: {lab.workers[0].log_tail}")[-1]


def test_an_answer_that_nobody_can_read_is_none(lab: WorkerLab) -> None:
    lab.start()
    given = [*UNREADABLE.values(), base64(b'{"a": 1}')]
    assert answered(lab, "a", given, "resolved") == [*["None"] * len(UNREADABLE), "{'a': 1}"]


def test_a_refusal_that_nobody_can_read_is_one_without_a_reason(lab: WorkerLab) -> None:
    lab.start()
    assert answered(lab, "a", list(UNREADABLE.values()), "rejected") == ["no_reason"] * len(UNREADABLE)
