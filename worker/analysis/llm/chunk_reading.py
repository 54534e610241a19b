"""Has a model read one part of a document: asks, asks once more if the answer does not fit, and checks what is claimed.

A part that is too long for the model, or has more to say than fits an answer, is read in halves. Of an answer that does
not fit the second time, what fits is kept, and what does not is told.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from contract.codes import Code
from durable import PermanentError
from worker.analysis.answer_form import AnswerForm, form_model
from worker.analysis.chunks import Chunk
from worker.analysis.schema import Schema

from .asker import FORM, Asker, Question
from .claims import ChunkClaims, PromptEcho, check_claim, fold_pages, list_claims
from .limits import MAX_SUMMARY_CHARACTERS
from .prompt import fenced, instructions_for, quoted
from .provider_errors import TooLongError

_FAULTS: Final = 10  # that are told to the model


async def read_chunk(chunk: Chunk, schema: Schema, asker: Asker) -> list[ChunkClaims]:
    """Return what is in the part, or in the parts that it had to be split into, in their order."""
    try:
        return [await _read(chunk, schema, asker)]
    except TooLongError as exc:
        halves = chunk.halves()
        if halves is None:
            raise PermanentError(Code.ANALYZER_ANSWER, "the model cannot take or answer even a short text") from exc
    return [part for half in halves for part in await read_chunk(half, schema, asker)]


async def _read(chunk: Chunk, schema: Schema, asker: Asker) -> ChunkClaims:
    form = (await asker.ask(build_question(chunk, schema))).form
    answer, faults = _fitting(form, schema)
    if faults:
        told = [_fault(error) for error in faults[:_FAULTS]]
        question = build_question(chunk, schema, told)
        form = (await asker.ask(question, lambda form: _fitting(form, schema)[0] is not None)).form
        answer, faults = _fitting(form, schema)
    if answer is None:
        raise PermanentError(Code.ANALYZER_ANSWER, "the model did not fill in the form, although it was asked twice")
    warnings = [f"{_where(error)}: the model's answer did not fit and is left out" for error in faults]
    return _judged(answer, PromptEcho(build_question(chunk, schema).instructions), chunk, schema, warnings)


def build_question(chunk: Chunk, schema: Schema, faults: Sequence[str] = ()) -> Question:
    """Return what a model is asked about a part; the faults are those of its earlier answer."""
    text = quoted(chunk)
    told = instructions_for(schema, text, FORM, faults)
    return Question(instructions=told, text=fenced(text), shape=form_model(schema))


def _fitting(form: JsonValue, schema: Schema) -> tuple[AnswerForm | None, list[ErrorDetails]]:
    """Return as much of the form as fits, and what does not."""
    try:
        return form_model(schema).model_validate(form), []
    except ValidationError as exc:
        faults = exc.errors(include_url=False, include_input=False)
    if not isinstance(form, dict):
        return None, faults
    return form_model(schema).model_validate(_without(form, faults)), faults


def _without(form: Mapping[str, Any], faults: Sequence[ErrorDetails]) -> dict[str, Any]:
    """Return the form without each value that has a fault: of a list, without that entry."""
    bad = {tuple(fault["loc"][:2]) for fault in faults}
    whole = {loc[0] for loc in bad if len(loc) == 1 or not isinstance(loc[1], int)}
    return {
        name: [one for at, one in enumerate(value) if (name, at) not in bad] if isinstance(value, list) else value
        for name, value in form.items()
        if name not in whole
    }


def _judged(answer: AnswerForm, told: PromptEcho, chunk: Chunk, schema: Schema, warnings: list[str]) -> ChunkClaims:
    texts: dict[int, str] = {}
    for piece in chunk.pieces:
        texts[piece.page] = texts.get(piece.page, "") + piece.text
    pages = fold_pages(texts)
    claims = [check_claim(claim, pages) for claim in list_claims(answer, schema)]
    echoes = [claim.field for claim in claims if told.is_in(f"{claim.value}") or told.is_in(claim.quote)]
    warnings += [f"{name}: the model repeated its instructions" for name in dict.fromkeys(echoes)]
    summary = answer.summary.strip()[:MAX_SUMMARY_CHARACTERS]
    if told.is_in(summary):
        warnings.append("summary: the model repeated its instructions")
        summary = ""
    kept = tuple(claim for claim in claims if claim.field not in echoes)
    return ChunkClaims(summary=summary, claims=kept, warnings=tuple(warnings))


def _fault(error: ErrorDetails) -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg']}"


def _where(error: ErrorDetails) -> str:
    return str(error["loc"][0]) if error["loc"] else "the whole"
