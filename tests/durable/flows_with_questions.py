"""A workflow for tests that asks an outside system a number of questions."""

from datetime import timedelta
from typing import Any

from resonate.context import Context

from durable import Callback, Question, Workflow, step, workflow
from tests.evidence import Evidence

ANYTHING = Callback[object](object, timeout=timedelta(minutes=10))


@step(timeout=30)
async def announce(question: Question, job: str) -> None:
    """Leave the promise as evidence."""
    Evidence.from_environment().note(job, question.promise)


@workflow(name="ask_questions")
async def ask_questions(ctx: Context, job: str, questions: int) -> list[str]:
    """Return each answer, or the code of its refusal."""
    answers: list[str] = []
    for _ in range(questions):
        answer = await ANYTHING.ask_once(ctx, announce, job)
        answers.append(answer.error.code if answer.error else repr(answer.value))
    return answers


WITH_QUESTIONS: list[Workflow[..., Any]] = [ask_questions]
