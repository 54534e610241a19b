"""Read one chunk with a model: ask, ask once more if the answer is invalid, and check its claims.

A chunk that is too long for the model, or for one answer, is read in halves. If the second answer is invalid, too, its
valid values are kept; a warning names each invalid one.
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
from .model_errors import TooLongError
from .prompt import build_instructions, fence, quote_chunk

_MAX_ERRORS: Final = 10  # that the second question lists


async def read_chunk(chunk: Chunk, schema: Schema, asker: Asker) -> list[ChunkClaims]:
    """Return the claims of the chunk, or of the halves that it had to be split into, in their order."""
    try:
        return [await _read(chunk, schema, asker)]
    except TooLongError as exc:
        halves = chunk.halves()
        if halves is None:
            raise PermanentError(
                Code.ANALYZER_ANSWER, "the model can neither read nor answer even a short text: choose another model"
            ) from exc
    return [part for half in halves for part in await read_chunk(half, schema, asker)]


async def _read(chunk: Chunk, schema: Schema, asker: Asker) -> ChunkClaims:
    form = (await asker.ask(build_question(chunk, schema))).form
    answer, errors = _validate(form, schema)
    if errors:
        question = build_question(chunk, schema, [_describe(error) for error in errors[:_MAX_ERRORS]])
        form = (await asker.ask(question, lambda form: _validate(form, schema)[0] is not None)).form
        answer, errors = _validate(form, schema)
    if answer is None:
        raise PermanentError(Code.ANALYZER_ANSWER, "the model did not fill in the form, although it was asked twice")
    warnings = [f"{_field_of(error)}: the model's answer is invalid and was left out" for error in errors]
    return _check(answer, PromptEcho(build_question(chunk, schema).instructions), chunk, schema, warnings)


def build_question(chunk: Chunk, schema: Schema, errors: Sequence[str] = ()) -> Question:
    """Return the question about a chunk, with the errors of the earlier answer if there was one."""
    text = quote_chunk(chunk)
    instructions = build_instructions(schema, text, FORM, errors)
    return Question(instructions=instructions, text=fence(text), form=form_model(schema))


def _validate(form: JsonValue, schema: Schema) -> tuple[AnswerForm | None, list[ErrorDetails]]:
    """Return the valid values of a form, and the errors of the others."""
    try:
        return form_model(schema).model_validate(form), []
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
    if not isinstance(form, dict):
        return None, errors
    return form_model(schema).model_validate(_drop_invalid(form, errors)), errors


def _drop_invalid(form: Mapping[str, Any], errors: Sequence[ErrorDetails]) -> dict[str, Any]:
    """Return the form without its invalid values; a list loses the invalid entries only."""
    bad = {tuple(error["loc"][:2]) for error in errors}
    bad_fields = {loc[0] for loc in bad if len(loc) == 1 or not isinstance(loc[1], int)}
    return {
        name: [one for at, one in enumerate(value) if (name, at) not in bad] if isinstance(value, list) else value
        for name, value in form.items()
        if name not in bad_fields
    }


def _check(answer: AnswerForm, echo: PromptEcho, chunk: Chunk, schema: Schema, warnings: list[str]) -> ChunkClaims:
    """Verify the claims against the chunk, and drop those that repeat the prompt."""
    texts: dict[int, str] = {}
    for piece in chunk.pieces:
        texts[piece.page] = texts.get(piece.page, "") + piece.text
    pages = fold_pages(texts)
    claims = [check_claim(claim, pages) for claim in list_claims(answer, schema)]
    echoes = [claim.field for claim in claims if echo.is_in(f"{claim.value}") or echo.is_in(claim.quote)]
    warnings += [f"{name}: the model repeated its instructions" for name in dict.fromkeys(echoes)]
    summary = answer.summary.strip()[:MAX_SUMMARY_CHARACTERS]
    if echo.is_in(summary):
        warnings.append("summary: the model repeated its instructions")
        summary = ""
    kept = tuple(claim for claim in claims if claim.field not in echoes)
    return ChunkClaims(summary=summary, claims=kept, warnings=tuple(warnings))


def _describe(error: ErrorDetails) -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg']}"


def _field_of(error: ErrorDetails) -> str:
    return str(error["loc"][0]) if error["loc"] else "the form"
