"""The analyzer that asks a language model: part by part, some at a time, and then puts together what it said.

A part that a provider holds up holds up no other one; what was answered is paid for and kept, so the next try of the
step asks only what is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Final

from contract.codes import Code
from contract.result import Analysis, PageText
from durable.errors import JobError, PermanentError
from worker.analysis.chunks import MOST, chunks_of
from worker.analysis.schema import Schemas
from worker.ledger import Ledger
from worker.patience import Patience

from .asking import Asker
from .merging import merged
from .models import OpenModel
from .reading import Part, read_part
from .summing import summed_up

_AT_ONCE: Final = 4  # questions: providers limit those of a minute, and four wait as well as forty
_PATIENCE: Final = Patience()


class ModelAnalyzer:
    """Asks the model that it is given; `name` says which, in the result."""

    def __init__(
        self, name: str, open_model: OpenModel, *, ledger: Ledger, schemas: Schemas, patience: Patience = _PATIENCE
    ) -> None:
        self._name: Final = name
        self._open: Final = open_model
        self._ledger: Final = ledger
        self._schemas: Final = schemas
        self._patience: Final = patience

    async def __call__(self, kind: str, pages: tuple[PageText, ...], *, most: int = MOST) -> Analysis:
        """Analyze the pages, at most so many characters at once."""
        schema = self._schemas.get(kind)
        if schema is None:
            raise PermanentError(Code.TYPE_UNKNOWN, f"there is no type {kind}: there are {', '.join(self._schemas)}")
        async with self._open() as model:
            asker = Asker(model, self._ledger, self._patience)
            read = await _all([partial(read_part, chunk, schema, asker) for chunk in chunks_of(pages, most)])
            parts = list(chain.from_iterable(read))
            summary, more = await summed_up([part.summary for part in parts], asker)
        findings, warnings = merged(schema, [part.claims for part in parts])
        return Analysis(
            analyzer=self._name,
            summary=summary,
            findings=tuple(findings),
            warnings=tuple(dict.fromkeys((*warnings, *_warnings(parts), *more))),
            usage=asker.usage(self._name),
        )


def _warnings(parts: Iterable[Part]) -> Iterable[str]:
    return chain.from_iterable(part.warnings for part in parts)


async def _all[T](works: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all, some at a time. One that fails stops none that runs, and none begins after one that fails for good."""
    slots = asyncio.Semaphore(_AT_ONCE)
    failed: list[Exception] = []

    async def one(work: Callable[[], Awaitable[T]]) -> T | None:
        async with slots:
            if any(isinstance(error, JobError) and not error.retry for error in failed):
                return None
            try:
                return await work()
            except Exception as error:  # noqa: BLE001 raised below, once the others are done
                failed.append(error)
                return None

    done = await asyncio.gather(*map(one, works))
    if failed:
        raise max(failed, key=lambda error: isinstance(error, JobError) and not error.retry)
    return [result for result in done if result is not None]
