"""Ask a model one question and get one answer, paid for once.

The model's only tool is the form for its answer, so a document cannot make it act. Other modules check the answer.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, JsonValue
from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from contract.usage import ModelAnswers, Usage
from worker.analysis.answer_form import schema_of
from worker.costs.ledger import Costs, Ledger
from worker.costs.prices import BYTES_PER_TOKEN
from worker.costs.request_key import key_of
from worker.providers.retries import RetryPolicy

from .limits import MAX_ANSWER_TOKENS
from .model_answer import ModelAnswer, to_json
from .model_errors import MODEL_ERRORS, TooLongError, convert_error
from .model_requests import ModelRequests, Prompt

FORM: Final = "record"  # the name of the tool
_BEDROCK: Final = "bedrock"


@dataclass(frozen=True, kw_only=True)
class Question:
    """The instructions, the text that they are about, and the form of the answer."""

    instructions: str
    text: str
    form: type[BaseModel]

    @property
    def tool(self) -> ToolDefinition:
        """The form as the only tool of the model."""
        return ToolDefinition(
            name=FORM,
            description="Record what the text says.",
            parameters_json_schema=schema_of(self.form),
            kind="output",
            strict=False,  # the strict subsets of JSON schema differ by provider, and we check the answer anyway
        )

    @property
    def max_usage(self) -> Usage:
        """The highest usage: the whole prompt, and the longest answer."""
        prompt = f"{self.instructions}{self.text}{json.dumps(schema_of(self.form))}"
        return Usage(input_tokens=len(prompt.encode()) // BYTES_PER_TOKEN, output_tokens=MAX_ANSWER_TOKENS)

    def key(self, model: str) -> str:
        """Return a name for everything that the answer depends on."""
        schema = json.dumps(schema_of(self.form))
        return key_of(model, f"{MAX_ANSWER_TOKENS}", self.instructions, self.text, schema)


class Asker:
    """Asks a model, with retries."""

    def __init__(
        self,
        model: Model,
        ledger: Ledger,
        retry_policy: RetryPolicy,
        requests: ModelRequests,
        *,
        secret: str | None = None,
    ) -> None:
        """Take the key of the provider as `secret`: no error repeats it."""
        self._requests: Final = requests
        self.name: Final = model.model_name
        self._model: Final = model
        self._ledger: Final = ledger
        self._retry_policy: Final = retry_policy
        self._secret: Final = secret
        self._answers: Final[list[ModelAnswer]] = []

    async def ask(self, question: Question, is_useful: Callable[[JsonValue], bool] = lambda _: True) -> ModelAnswer:
        """Return the answer. A useless answer that another job paid for is asked for again."""

        async def pay(request_id: str) -> bytes:
            return await self._retry_policy.run(lambda: self._request(question, request_id))

        def is_final(kept: bytes) -> bool:
            answer = ModelAnswer.model_validate_json(kept)
            return answer.is_cut or is_useful(answer.form)

        key = question.key(f"{self._model.system}:{self.name}")
        paid = await self._ledger.pay_once(
            key, pay, is_final, costs=Costs(max_usage=question.max_usage, usage_of=_usage_of)
        )
        answer = ModelAnswer.model_validate_json(paid.answer)
        self._answers.append(answer.model_copy(update={"is_reused": paid.is_reused, "is_billed": paid.is_billed}))
        if answer.is_cut:
            raise TooLongError
        return answer

    def model_answers(self, name: str) -> ModelAnswers:
        """Return what all answers have taken, including those that were paid for before."""
        return ModelAnswers(
            model=name,
            count=len(self._answers),
            reused=sum(answer.is_reused for answer in self._answers),
            input_tokens=sum(answer.input_tokens for answer in self._answers),
            output_tokens=sum(answer.output_tokens for answer in self._answers),
            seconds=round(sum(answer.seconds for answer in self._answers), 3),
        )

    def usage(self) -> Usage:
        """Return the tokens to pay for."""
        billed = [answer for answer in self._answers if answer.is_billed]
        return Usage(
            input_tokens=sum(answer.input_tokens for answer in billed),
            output_tokens=sum(answer.output_tokens for answer in billed),
        )

    async def _request(self, question: Question, request_id: str) -> bytes:
        began = time.monotonic()
        try:
            response = await self._requests.send(self._model, self._make_prompt(question, request_id))
        except MODEL_ERRORS as exc:
            raise convert_error(exc, self._secret) from None  # a traceback would repeat the provider's message
        return to_json(response, FORM, time.monotonic() - began)

    def _make_prompt(self, question: Question, request_id: str) -> Prompt:
        return Prompt(
            messages=[ModelRequest([SystemPromptPart(question.instructions), UserPromptPart(question.text)])],
            settings=self._settings(request_id),
            parameters=ModelRequestParameters(
                output_mode="tool", output_tools=[question.tool], allow_text_output=False
            ),
            max_usage=question.max_usage,
        )

    def _settings(self, request_id: str) -> ModelSettings:
        """Return the settings, with the request id where the provider logs it."""
        settings = ModelSettings(max_tokens=MAX_ANSWER_TOKENS, temperature=0.0)
        if self._model.system == _BEDROCK:
            extra = {"bedrock_request_metadata": {"request": request_id}}  # kept in Bedrock's log of invocations
        else:
            extra = {"extra_headers": {"X-Client-Request-Id": request_id}}
        settings.update(extra)  # type: ignore[typeddict-item] # a key of Bedrock's settings, which extend these
        return settings


def _usage_of(paid: bytes) -> Usage:
    answer = ModelAnswer.model_validate_json(paid)
    return Usage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
