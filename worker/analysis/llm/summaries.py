"""One summary out of those of the parts: as many at a time as a model reads at once, until one is left."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from worker.analysis.answer_form import AnswerForm
from worker.analysis.chunks import MAX_CHARACTERS

from .asker import FORM, Asker, Question
from .claims import PromptEcho
from .limits import MAX_SUMMARY_CHARACTERS
from .prompt import fenced, quoted_parts, summary_instructions
from .provider_errors import TooLongError

_UNFIT: Final = "summary: it is the parts' own, because the model made no one of them"


async def merge_summaries(summaries: Sequence[str], asker: Asker) -> tuple[str, list[str]]:
    """Return the summary, and what there is to say about it."""
    left = [summary for summary in summaries if summary]
    while len(left) > 1:
        try:
            fewer = [await _one_of(group, asker) for group in _groups(left)]
        except TooLongError:
            fewer = []
        if not all(fewer) or not fewer:
            return " ".join(left)[:MAX_SUMMARY_CHARACTERS], [_UNFIT]
        left = fewer
    return "".join(left), []


async def _one_of(group: Sequence[str], asker: Asker) -> str:
    """Return one summary of several, or nothing if the answer is none."""
    if len(group) == 1:
        return group[0]
    text = quoted_parts(group)
    told = summary_instructions(text, FORM)
    answer = await asker.ask(Question(instructions=told, text=fenced(text), shape=AnswerForm))
    try:
        summary = AnswerForm.model_validate(answer.form).summary.strip()[:MAX_SUMMARY_CHARACTERS]
    except ValidationError:
        return ""
    return "" if PromptEcho(told).is_in(summary) else summary


def _groups(summaries: Sequence[str]) -> list[list[str]]:
    """Return them in groups of at least two, but for the last, that a model reads at once."""
    groups: list[list[str]] = [[]]
    for summary in summaries:
        if len(groups[-1]) > 1 and sum(map(len, groups[-1])) + len(summary) > MAX_CHARACTERS:
            groups.append([])
        groups[-1].append(summary)
    return groups
