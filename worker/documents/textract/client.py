"""Asks Textract by boto3, in threads of its own: a few calls at a time, each again as often as that helps.

The client gets one try and time limits of its own: retries are ours, so that each is known. A thread cannot be
cancelled, so a call must come to its end by itself, and those that wait for their turn wait here.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from worker.providers.retries import Patience

from .faults import FAULTS, fault_of

_CONNECT: Final = 5  # seconds
_ANSWER: Final = 60  # a dense page takes three
_AT_ONCE: Final = 8  # calls of a process. Quotas begin at one page a second and are 25 in the largest regions
_PATIENCE: Final = Patience()

type Client = Any  # boto3 has no types
type Call = Callable[..., Any]


class Textract:
    """One client for the process."""

    def __init__(self, client: Client, *, patience: Patience = _PATIENCE) -> None:
        self._client: Final = client
        self._patience: Final = patience
        self._threads: Final = ThreadPoolExecutor(_AT_ONCE, "textract")

    async def ask(self, operation: str, **words: object) -> dict[str, Any]:
        """Return the answer, or raise what stands in its way."""
        call = partial(getattr(self._client, operation), **words)
        return await self._patience.insist(lambda: self._answer(call))

    async def _answer(self, call: Call) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except FAULTS as exc:
            raise fault_of(exc) from None  # a traceback would repeat what it says
        return answer


def open_client() -> Client:
    """Return boto3's client. Region, credentials and endpoint are where it looks for them."""
    from boto3.session import Session  # type: ignore[import-untyped] # noqa: PLC0415 who chose another needs none
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    limits = Config(
        connect_timeout=_CONNECT,
        read_timeout=_ANSWER,
        retries={"total_max_attempts": 1},
        max_pool_connections=_AT_ONCE,
    )
    return Session().client("textract", config=limits)  # the default session is not safe in threads
