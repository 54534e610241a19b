"""A job survives every value that a client settles its promise with: unreadable ones are read as null."""

from base64 import b64encode
from datetime import timedelta

from resonate.context import Context

from durable import Callback, Question, step, workflow
from durable.testing import WorkflowTest
from durable.wire.records import Value
from tests.durable.conftest import DrivenPlace


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


ANYTHING = Callback[object](object, timeout=timedelta(minutes=10))


@step(timeout=30)
async def announce(question: Question) -> str:
    """Return the promise."""
    return question.promise


@workflow(name="ask_questions")
async def ask_questions(ctx: Context, questions: int) -> list[str]:
    """Return each answer, or the code of its refusal."""
    answers: list[str] = []
    for _ in range(questions):
        answer = await ANYTHING.ask_once(ctx, announce)
        answers.append(answer.error.code if answer.error else repr(answer.value))
    return answers


def test_an_unreadable_answer_is_none(place: DrivenPlace) -> None:
    values = [*UNREADABLE.values(), base64(b'{"a": 1}')]
    with WorkflowTest(ask_questions, on=place) as test:
        job = test.start(ask_questions, len(values))
        for value in values:
            job.answer(Value(data=value))
        assert job.result() == [*["None"] * len(UNREADABLE), "{'a': 1}"]


def test_an_unreadable_refusal_has_no_reason(place: DrivenPlace) -> None:
    with WorkflowTest(ask_questions, on=place) as test:
        job = test.start(ask_questions, len(UNREADABLE))
        for value in UNREADABLE.values():
            job.refuse(Value(data=value))
        assert job.result() == ["no_reason"] * len(UNREADABLE)
