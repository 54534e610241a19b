"""A workflow of the tests that asks somebody outside, as often as it is told to."""

from typing import Any

from resonate.context import Context

from durable import Question, Workflow, ask, step, workflow
from tests.evidence import Evidence


@step(timeout=30)
async def tell(question: Question, job: str) -> None:
    """Tell of the promise."""
    Evidence.from_environment().note(job, question.promise)


@workflow(name="curious")
async def curious(ctx: Context, job: str, questions: int) -> list[str]:
    """Return each answer, or the code of its refusal."""
    answers: list[str] = []
    for _ in range(questions):
        answer = await ask(ctx, 600, tell, job)
        answers.append(answer.refusal.code if answer.refusal else repr(answer.value))
    return answers


WITH_QUESTIONS: list[Workflow[..., Any]] = [curious]
