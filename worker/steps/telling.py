"""How far the reading of a document is and what it waits for, for whoever wants to know. It decides nothing."""

from collections.abc import Awaitable, Callable

from contract.names import Step
from contract.progress import Wait

type TellPages = Callable[[int, int], None]  # how many pages are read, of how many
type TellPagesOf = Callable[[str, int, int], None]  # the same, of the job with this id
type TellBatchOf = Callable[[str, int, int], None]  # of that job: from this page on, so many were read somewhere

type TellWait = Callable[[str, Step, Wait], Awaitable[None]]  # of that job: before this step it waits for somebody


def tell_nobody(_job_id: str, _one: int, _other: int) -> None:
    """Keep it to oneself."""


async def tell_nobody_of_waits(_job_id: str, _step: Step, _wait: Wait) -> None:
    """Keep it to oneself."""
