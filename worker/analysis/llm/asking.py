"""One question, one answer, paid for once. It offers the model no tool but the form that the answer is to be put in.

So there is nothing that a document could make a model do. What the model says is data that is judged elsewhere.
"""

import json
import time
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from contract.result import Usage, Use
from durable.errors import TemporaryError
from worker.ledger import Ledger, key_of
from worker.patience import Patience

from .faults import FAULTS, TooLongError, fault_of

FORM: Final = "record"  # what the tool is called
# Without a limit of our own, the library streams from models whose limit it knows, which needs another permission.
MOST_TOKENS: Final = 4_096
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

    def key(self, model: str) -> str:
        """Name it and everything that its answer depends on."""
        schema = json.dumps(self.shape.model_json_schema())
        return key_of(model, f"{MOST_TOKENS}", self.instructions, self.text, schema)


class Answer(BaseModel):
    """What came back: the form as it was filled in, and what it cost. Nothing, if the model did not fill it in."""

    form: JsonValue = None
    is_cut: bool = False  # the limit came before its end
    input_tokens: int
    output_tokens: int
    seconds: float
    is_found: bool = False
    is_billed: bool = True


class Asker:
    """Asks a model, and again where that helps."""

    def __init__(self, model: Model, ledger: Ledger, patience: Patience) -> None:
        self.name: Final = model.model_name
        self._model: Final = model
        self._ledger: Final = ledger
        self._patience: Final = patience
        self._answers: Final[list[Answer]] = []

    async def ask(self, question: Question) -> Answer:
        """Return the answer, or raise what stands in its way."""

        async def pay(request: str) -> bytes:
            return (await self._insist(question, request)).model_dump_json().encode()

        paid = await self._ledger.once(question.key(f"{self._model.system}:{self.name}"), pay)
        answer = Answer.model_validate_json(paid.answer)
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

    async def _insist(self, question: Question, request: str) -> Answer:
        attempt = 1
        while True:
            try:
                return await self._request(question, request)
            except TemporaryError as error:
                await self._patience.wait(error, attempt)
            attempt += 1

    async def _request(self, question: Question, request: str) -> Answer:
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
        except FAULTS as exc:
            raise fault_of(exc) from exc
        return _answer(response, time.monotonic() - began)

    def _settings(self, request: str) -> ModelSettings:
        """Return the settings, with the request's id where the provider writes it down."""
        settings = ModelSettings(max_tokens=MOST_TOKENS, temperature=0.0)
        if self._model.system == _BEDROCK:
            named = {"bedrock_request_metadata": {"request": request}}  # Bedrock's log of invocations keeps it
        else:
            named = {"extra_headers": {"X-Client-Request-Id": request}}
        settings.update(named)  # type: ignore[typeddict-item] # a key of Bedrock's settings, which extend these
        return settings


def _answer(response: ModelResponse, seconds: float) -> Answer:
    form: JsonValue = None
    for call in response.tool_calls:
        if call.tool_name == FORM:
            try:
                form = call.args_as_dict(raise_if_invalid=True)
            except (ValueError, AssertionError):
                form = None
    return Answer(
        form=form,
        is_cut=response.finish_reason == "length",
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        seconds=round(seconds, 3),
    )
