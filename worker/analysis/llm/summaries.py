"""Merge the summaries of chunks into one: as many as fit a question, again and again until one is left."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from worker.analysis.answer_form import AnswerForm
from worker.analysis.chunks import MAX_CHARACTERS

from .asker import FORM, Asker, Question
from .claims import PromptEcho
from .limits import MAX_SUMMARY_CHARACTERS
from .model_errors import TooLongError
from .prompt import build_summary_instructions, fence, quote_summaries

_NOT_MERGED: Final = "summary: it is a list of partial summaries, because the model did not merge them"


async def merge_summaries(summaries: Sequence[str], asker: Asker) -> tuple[str, list[str]]:
    """Return the summary, and warnings about it."""
    remaining = [summary for summary in summaries if summary]
    while len(remaining) > 1:
        try:
            merged = [await _merge_group(group, asker) for group in _group(remaining)]
        except TooLongError:
            merged = []
        if not all(merged) or not merged:
            return " ".join(remaining)[:MAX_SUMMARY_CHARACTERS], [_NOT_MERGED]
        remaining = merged
    return "".join(remaining), []


async def _merge_group(group: Sequence[str], asker: Asker) -> str:
    """Return one summary of several, or nothing if the answer is invalid."""
    if len(group) == 1:
        return group[0]
    text = quote_summaries(group)
    instructions = build_summary_instructions(text, FORM)
    answer = await asker.ask(Question(instructions=instructions, text=fence(text), form=AnswerForm))
    try:
        summary = AnswerForm.model_validate(answer.form).summary.strip()[:MAX_SUMMARY_CHARACTERS]
    except ValidationError:
        return ""
    return "" if PromptEcho(instructions).is_in(summary) else summary


def _group(summaries: Sequence[str]) -> list[list[str]]:
    """Split summaries into groups that fit one question; all but the last have at least two."""
    groups: list[list[str]] = [[]]
    for summary in summaries:
        if len(groups[-1]) > 1 and sum(map(len, groups[-1])) + len(summary) > MAX_CHARACTERS:
            groups.append([])
        groups[-1].append(summary)
    return groups
