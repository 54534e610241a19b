"""A Lambda function as its callers see it, and one that another process runs."""

import asyncio
import json
from typing import Protocol

import aiohttp

from .events import Json


class FunctionError(RuntimeError):
    """The function did not answer: it raised, it ended, or Lambda ended it. `details` are what Lambda answers then."""

    def __init__(self, sentence: str, details: Json | None = None) -> None:
        super().__init__(sentence)
        self.details = details or {"errorType": "Unknown", "errorMessage": sentence}


class Function(Protocol):
    """A function that answers events; raises FunctionError."""

    async def call(self, event: Json) -> Json:
        """Answer one event."""

    async def close(self) -> None:
        """Release what the function holds."""


class RemoteFunction:
    """A function that is invoked by HTTP, such as one in Lambda's emulator, which allows one call at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()

    async def call(self, event: Json) -> Json:
        """Answer one event, after the earlier ones."""
        try:
            async with (
                self._lock,
                aiohttp.ClientSession() as session,
                session.post(self._url, json=event) as response,
            ):
                return _parse_answer(await response.text())
        except aiohttp.ClientError as error:
            raise FunctionError(f"{self._url} did not answer: {error}") from error

    async def close(self) -> None:
        """Do nothing: the function belongs to another process."""


def _parse_answer(text: str) -> Json:
    """Parse an answer. A failed function answers an error object, or a sentence that is not JSON."""
    try:
        answer: Json = json.loads(text)
    except ValueError as error:
        raise FunctionError(text) from error
    if "errorType" in answer:
        raise FunctionError(f"the function raised {answer['errorType']}: {answer.get('errorMessage')}", answer)
    return answer
