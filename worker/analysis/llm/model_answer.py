"""A model's answer as the ledger keeps it.

An invalid response was paid for, too. So every response becomes an answer that can be stored and loaded: values that
JSON cannot hold are replaced or dropped, and an unreadable form becomes None.
"""

import json
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_ai.messages import ModelResponse

from worker.providers.clean_json import clean_json

_MAX_TOKENS: Final = 10**9  # a higher count is an error of the provider


class ModelAnswer(BaseModel):
    """The form as the model filled it in, or None, and the usage of the answer."""

    form: JsonValue = None
    is_cut: bool = False  # it reached the limit of tokens
    input_tokens: int
    output_tokens: int
    seconds: float
    is_reused: bool = False
    is_billed: bool = True


def to_json(response: ModelResponse, tool: str, seconds: float) -> bytes:
    """Return the answer as JSON; its form is in the last call of this tool."""
    answer = ModelAnswer(
        is_cut=response.finish_reason == "length",
        input_tokens=_valid_count(response.usage.input_tokens),
        output_tokens=_valid_count(response.usage.output_tokens),
        seconds=round(seconds, 3),
    )
    try:
        full = answer.model_copy(update={"form": _find_form(response, tool)}).model_dump_json()
        ModelAnswer.model_validate_json(full)
    except ValueError:  # such as a number of five thousand digits
        full = answer.model_dump_json()
    return full.encode()


def _valid_count(tokens: object) -> int:
    return tokens if isinstance(tokens, int) and 0 <= tokens <= _MAX_TOKENS else 0


def _find_form(response: ModelResponse, tool: str) -> JsonValue:
    form: JsonValue = None
    for call in response.tool_calls:
        if call.tool_name == tool:
            try:
                form = clean_json(json.loads(call.args) if isinstance(call.args, str) else call.args)
            except (ValueError, RecursionError):
                form = None
    return form
