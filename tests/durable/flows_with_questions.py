"""A workflow for tests that asks an outside system a number of questions."""

from typing import Any

from resonate.context import Context

from durable import Question, Workflow, ask, step, workflow
from tests.evidence import Evidence


@step(timeout=30)
async def announce(question: Question, job: str) -> None:
    """Leave the promise as evidence."""
    Evidence.from_environment().note(job, question.promise)


@workflow(name="ask_questions")
async def ask_questions(ctx: Context, job: str, questions: int) -> list[str]:
    """Return each answer, or the code of its refusal."""
    answers: list[str] = []
    for _ in range(questions):
        answer = await ask(ctx, 600, announce, job)
        answers.append(answer.refusal.code if answer.refusal else repr(answer.value))
    return answers


WITH_QUESTIONS: list[Workflow[..., Any]] = [ask_questions]
