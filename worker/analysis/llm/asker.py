"""One question, one answer, paid for once. It offers the model no tool but the form that the answer is to be put in.

So there is nothing that a document could make a model do. What the model says is data that is judged elsewhere.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from contract.use import Usage, Use
from worker.costs.ledger import Costs, Ledger, key_of
from worker.costs.prices import BYTES_A_TOKEN
from worker.providers.retries import Patience

from .limits import MAX_ANSWER_TOKENS
from .model_answer import ModelAnswer, written
from .provider_errors import MODEL_ERRORS, TooLongError, convert_error

FORM: Final = "record"  # what the tool is called
_BEDROCK: Final = "bedrock"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: who is told what, about what, and what the answer must look like."""

    instructions: str
    text: str
    shape: type[BaseModel]

    @property
    def form(self) -> ToolDefinition:
        """The one tool."""
        return ToolDefinition(
            name=FORM,
            description="Record what the text says.",
            parameters_json_schema=self.shape.model_json_schema(),
            kind="output",
            strict=False,  # the strict subsets of JSON schema differ by provider, and we check the answer anyway
        )

    @property
    def most(self) -> Use:
        """What it may take: all that is told, and the longest answer."""
        told = f"{self.instructions}{self.text}{json.dumps(self.form.parameters_json_schema)}"
        return Use(input_tokens=len(told.encode()) // BYTES_A_TOKEN, output_tokens=MAX_ANSWER_TOKENS)

    def key(self, model: str) -> str:
        """Name it and everything that its answer depends on."""
        schema = json.dumps(self.shape.model_json_schema())
        return key_of(model, f"{MAX_ANSWER_TOKENS}", self.instructions, self.text, schema)


class Asker:
    """Asks a model, and again where that helps."""

    def __init__(self, model: Model, ledger: Ledger, patience: Patience, secret: str | None = None) -> None:
        """The secret is what no error may repeat."""
        self.name: Final = model.model_name
        self._model: Final = model
        self._ledger: Final = ledger
        self._patience: Final = patience
        self._secret: Final = secret
        self._answers: Final[list[ModelAnswer]] = []

    async def ask(self, question: Question, is_useful: Callable[[JsonValue], bool] = lambda _: True) -> ModelAnswer:
        """Return the answer, or raise what stands in its way. A useless one of another job is not the last word."""

        async def pay(request: str) -> bytes:
            return await self._patience.insist(lambda: self._request(question, request))

        def is_kept(kept: bytes) -> bool:
            answer = ModelAnswer.model_validate_json(kept)
            return answer.is_cut or is_useful(answer.form)

        key = question.key(f"{self._model.system}:{self.name}")
        paid = await self._ledger.once(key, pay, is_kept, costs=Costs(most=question.most, of=_took))
        answer = ModelAnswer.model_validate_json(paid.answer)
        self._answers.append(answer.model_copy(update={"is_found": paid.is_found, "is_billed": paid.is_billed}))
        if answer.is_cut:
            raise TooLongError
        return answer

    def usage(self, name: str) -> Usage:
        """Return what all answers took until now, those that had been paid for before among them."""
        return Usage(
            model=name,
            answers=len(self._answers),
            found=sum(answer.is_found for answer in self._answers),
            input_tokens=sum(answer.input_tokens for answer in self._answers),
            output_tokens=sum(answer.output_tokens for answer in self._answers),
            seconds=round(sum(answer.seconds for answer in self._answers), 3),
        )

    def use(self) -> Use:
        """Return what there is to pay for until now."""
        billed = [answer for answer in self._answers if answer.is_billed]
        return Use(
            input_tokens=sum(answer.input_tokens for answer in billed),
            output_tokens=sum(answer.output_tokens for answer in billed),
        )

    async def _request(self, question: Question, request: str) -> bytes:
        began = time.monotonic()
        try:
            response = await model_request(
                self._model,
                [ModelRequest([SystemPromptPart(question.instructions), UserPromptPart(question.text)])],
                model_settings=self._settings(request),
                model_request_parameters=ModelRequestParameters(
                    output_mode="tool", output_tools=[question.form], allow_text_output=False
                ),
            )
        except MODEL_ERRORS as exc:
            raise convert_error(exc, self._secret) from None  # a traceback would repeat what the provider says
        return written(response, FORM, time.monotonic() - began)

    def _settings(self, request: str) -> ModelSettings:
        """Return the settings, with the request's id where the provider writes it down."""
        settings = ModelSettings(max_tokens=MAX_ANSWER_TOKENS, temperature=0.0)
        if self._model.system == _BEDROCK:
            named = {"bedrock_request_metadata": {"request": request}}  # Bedrock's log of invocations keeps it
        else:
            named = {"extra_headers": {"X-Client-Request-Id": request}}
        settings.update(named)  # type: ignore[typeddict-item] # a key of Bedrock's settings, which extend these
        return settings


def _took(paid: bytes) -> Use:
    answer = ModelAnswer.model_validate_json(paid)
    return Use(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
