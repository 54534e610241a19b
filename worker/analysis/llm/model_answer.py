"""What a model answered, as it is kept. Nothing of it is trusted, and nothing that came is worth a second payment.

So whatever a response is, an answer is made of it that can be written and read again: what no JSON can hold is replaced
or left out, and of a form that is none of it nothing is left.
"""

import json
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_ai.messages import ModelResponse

from worker.providers.clean_json import writable

_MOST: Final = 10**9  # tokens that anybody could have meant


class ModelAnswer(BaseModel):
    """What came back: the form as it was filled in, and what it cost. Nothing, if the model did not fill it in."""

    form: JsonValue = None
    is_cut: bool = False  # the limit came before its end
    input_tokens: int
    output_tokens: int
    seconds: float
    is_found: bool = False
    is_billed: bool = True


def written(response: ModelResponse, form: str, seconds: float) -> bytes:
    """Return the answer as JSON; the form is in the last call of the tool of this name."""
    answer = ModelAnswer(
        is_cut=response.finish_reason == "length",
        input_tokens=_count(response.usage.input_tokens),
        output_tokens=_count(response.usage.output_tokens),
        seconds=round(seconds, 3),
    )
    try:
        full = answer.model_copy(update={"form": _form(response, form)}).model_dump_json()
        ModelAnswer.model_validate_json(full)
    except ValueError:  # a number of five thousand digits
        full = answer.model_dump_json()
    return full.encode()


def _count(tokens: object) -> int:
    return tokens if isinstance(tokens, int) and 0 <= tokens <= _MOST else 0


def _form(response: ModelResponse, name: str) -> JsonValue:
    form: JsonValue = None
    for call in response.tool_calls:
        if call.tool_name == name:
            try:
                form = writable(json.loads(call.args) if isinstance(call.args, str) else call.args)
            except (ValueError, RecursionError):
                form = None
    return form
