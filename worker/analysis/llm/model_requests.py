"""Send one request to a model. With a feed, the answer is streamed, and its text passed on as it comes.

If a provider refuses to stream, this request and all later ones are sent without streaming.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from contract.usage import Usage
from durable import log_event

from .model_errors import MODEL_ERRORS, is_final
from .text_feed import TextFeed, current_feed

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A request without its model. `max_usage` is its highest possible usage."""

    messages: Sequence[ModelMessage]
    settings: ModelSettings
    parameters: ModelRequestParameters
    max_usage: Usage


class ModelRequests:
    """Sends requests; `streams` is whether the provider may be asked to stream."""

    def __init__(self, *, streams: bool = False) -> None:
        self._streams = streams

    async def send(self, model: Model, prompt: Prompt) -> ModelResponse:
        """Return the response. Raises the errors of the provider."""
        feed = current_feed() if self._streams else None
        if feed is None:
            return await _ask(model, prompt)
        with feed.open_answer() as is_free:
            return await (self._stream(model, prompt, feed) if is_free else _ask(model, prompt))

    async def _stream(self, model: Model, prompt: Prompt, feed: TextFeed) -> ModelResponse:
        try:
            return await _ask_for_stream(model, prompt, feed)
        except MODEL_ERRORS as error:
            if not is_final(error):
                raise
        response = await _ask(model, prompt)  # its error tells why the provider refuses
        log_event(
            _LOG, logging.WARNING, "the provider does not stream: set LLM_STREAM=off", {"model": model.model_name}
        )
        self._streams = False
        return response


async def _ask(model: Model, prompt: Prompt) -> ModelResponse:
    return await model_request(
        model, prompt.messages, model_settings=prompt.settings, model_request_parameters=prompt.parameters
    )


async def _ask_for_stream(model: Model, prompt: Prompt, feed: TextFeed) -> ModelResponse:
    request = model_request_stream(
        model, prompt.messages, model_settings=prompt.settings, model_request_parameters=prompt.parameters
    )
    async with request as stream:
        async for event in stream:
            feed.add(_text_of(event))
    response = stream.get()
    return response if response.usage.has_values() else _assume_usage(response, prompt.max_usage)


def _assume_usage(response: ModelResponse, most: Usage) -> ModelResponse:
    """Assume the highest possible usage if the stream does not report it: no job may exceed its limit."""
    log_event(_LOG, logging.WARNING, "the provider's stream has no usage: set LLM_STREAM=off to know the cost", {})
    return replace(response, usage=RequestUsage(input_tokens=most.input_tokens, output_tokens=most.output_tokens))


def _text_of(event: ModelResponseStreamEvent) -> str:
    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return text
        case (
            PartStartEvent(part=ToolCallPart(args=str(text)))
            | PartDeltaEvent(delta=ToolCallPartDelta(args_delta=str(text)))
        ):
            return text
        case _:
            return ""
