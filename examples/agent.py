"""An agent: a model thinks, calls tools, and thinks again. Each answer and each call is a checkpoint, paid for once."""

from typing import Any

from pydantic import BaseModel

from durable import ALL_COMPLETED, Chapter, Context, Retry, map_steps, run_chapters, step, workflow

from .services import call

TURNS_PER_CHAPTER = 10


class ToolCall(BaseModel):
    """What the model wants to know."""

    tool: str
    arguments: dict[str, Any]


class Thought(BaseModel):
    """The model's answer, or the tools that it needs first."""

    answer: str | None = None
    calls: list[ToolCall] = []


class Talk(BaseModel):
    """A talk that a service stores: checkpoints stay small, however long it gets."""

    id: str
    turn: int = 0
    results: list[str] = []  # of the tools, for the next thought


@step(timeout=120, retry=Retry(attempts=5, first=2))
async def think(talk: Talk) -> Thought:
    """Let the model continue the talk."""
    return Thought.model_validate(await call("PUT", f"/talks/{talk.id}/{talk.turn}", talk.results))


@step(timeout=300)
async def use_tool(tool_call: ToolCall) -> str:
    """Run a tool; return where its result is stored."""
    return str(await call("POST", f"/tools/{tool_call.tool}", tool_call.arguments))


@workflow(name="talk", version=1)
async def continue_talk(ctx: Context, talk: Talk) -> Chapter[Talk, str]:
    """Take some turns. The next ones are another chapter, because a history must not grow without end."""
    for turn in range(talk.turn + 1, talk.turn + 1 + TURNS_PER_CHAPTER):
        thought = await ctx.run(think, talk)
        if thought.answer is not None:
            return Chapter.last(thought.answer)
        batch = await map_steps(ctx, use_tool, thought.calls, max_at_once=4, completion=ALL_COMPLETED)
        talk = Talk(id=talk.id, turn=turn, results=batch.values)
    return Chapter.next(talk)


@workflow(name="answer_question", version=1)
async def answer_question(ctx: Context, talk_id: str) -> str:
    """Return the agent's answer."""
    return await run_chapters(ctx, continue_talk, Talk(id=talk_id))
