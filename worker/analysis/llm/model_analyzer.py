"""Analyze a document with a language model: chunk by chunk, some in parallel, then merge the answers.

A delayed chunk does not delay the others. Paid answers are kept, so the next attempt of the step requests only
the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import chain
from typing import Final

from pydantic_ai.models import Model

from contract.analysis import Analysis
from contract.codes import Code
from contract.reading import PageText
from contract.usage import ModelAnswers
from durable import JobError, PermanentError, most_severe
from worker.analysis.analyzer import ChunkReading
from worker.analysis.chunks import MAX_CHARACTERS, Chunk, split_pages
from worker.analysis.schema import Schema, Schemas
from worker.costs.ledger import Ledger
from worker.providers.retries import RetryPolicy

from .asker import Asker
from .chunk_reading import build_question, read_chunk
from .limits import CONCURRENCY
from .merge import merge_claims
from .model_requests import ModelRequests
from .models import OpenModel
from .summaries import merge_summaries

_RETRY_POLICY: Final = RetryPolicy()


class ModelAnalyzer:
    """An analyzer that uses one model; `name` is its name in the result."""

    def __init__(  # noqa: PLR0913 ports are keyword arguments
        self,
        name: str,
        open_model: OpenModel,
        *,
        ledger: Ledger,
        schemas: Schemas,
        secret: str | None = None,
        retry_policy: RetryPolicy = _RETRY_POLICY,
        streams: bool = False,
    ) -> None:
        """Take the key of the provider as `secret`: no error repeats it. `streams` is whether it may be asked to."""
        self._requests: Final = ModelRequests(streams=streams)
        self._name: Final = name
        self._open: Final = open_model
        self._ledger: Final = ledger
        self._schemas: Final = schemas
        self._secret: Final = secret
        self._retry_policy: Final = retry_policy

    async def __call__(
        self, kind: str, pages: tuple[PageText, ...], *, max_characters: int = MAX_CHARACTERS
    ) -> Analysis:
        """Analyze the pages in chunks of at most `max_characters`."""
        schema = self._schema(kind)
        async with self._open() as model:
            chunks = [partial(self._read, chunk, schema, model) for chunk in split_pages(pages, max_characters)]
            return await self._merge(await _run_all(chunks), schema, model)

    def prompt_tokens(self) -> dict[str, int]:
        """Return the tokens of a question about an empty chunk, by type."""
        empty = Chunk(())
        return {kind: build_question(empty, schema).max_usage.input_tokens for kind, schema in self._schemas.items()}

    def chunks(self, kind: str, pages: Sequence[PageText]) -> list[Chunk]:
        """Split a text into chunks; raise if the type is unknown."""
        self._schema(kind)
        return split_pages(pages)

    def key(self, kind: str, chunk: Chunk) -> str:
        """Return the key of the first question about the chunk, from which the others follow."""
        return build_question(chunk, self._schema(kind)).key(self._name)

    async def read(self, kind: str, chunk: Chunk) -> ChunkReading:
        """Read one chunk."""
        schema = self._schema(kind)
        async with self._open() as model:
            return await self._read(chunk, schema, model)

    async def conclude(self, kind: str, readings: Sequence[ChunkReading]) -> Analysis:
        """Merge the readings of all chunks, and have the model summarize them."""
        schema = self._schema(kind)
        async with self._open() as model:
            return await self._merge(readings, schema, model)

    async def _read(self, chunk: Chunk, schema: Schema, model: Model) -> ChunkReading:
        asker = self._make_asker(model)
        parts = await read_chunk(chunk, schema, asker)
        return ChunkReading(parts=tuple(parts), model_answers=asker.model_answers(self._name), usage=asker.usage())

    async def _merge(self, readings: Sequence[ChunkReading], schema: Schema, model: Model) -> Analysis:
        asker = self._make_asker(model)
        parts = [part for reading in readings for part in reading.parts]
        summary, summary_warnings = await merge_summaries([part.summary for part in parts], asker)
        findings, warnings = merge_claims(schema, [part.claims for part in parts])
        warnings += [*chain.from_iterable(part.warnings for part in parts), *summary_warnings]
        return Analysis(
            analyzer=self._name,
            summary=summary,
            findings=tuple(findings),
            warnings=tuple(dict.fromkeys(warnings)),
            model_answers=_add_up([*(reading.model_answers for reading in readings), asker.model_answers(self._name)]),
            usage=sum((reading.usage for reading in readings), asker.usage()),
        )

    def _make_asker(self, model: Model) -> Asker:
        return Asker(model, self._ledger, self._retry_policy, self._requests, secret=self._secret)

    def _schema(self, kind: str) -> Schema:
        schema = self._schemas.get(kind)
        if schema is None:
            raise PermanentError(Code.TYPE_UNKNOWN, f"there is no type {kind}: there are {', '.join(self._schemas)}")
        return schema


def _add_up(answers: Sequence[ModelAnswers]) -> ModelAnswers:
    return ModelAnswers(
        model=answers[-1].model,
        count=sum(one.count for one in answers),
        reused=sum(one.reused for one in answers),
        input_tokens=sum(one.input_tokens for one in answers),
        output_tokens=sum(one.output_tokens for one in answers),
        seconds=round(sum(one.seconds for one in answers), 3),
    )


async def _run_all[T](calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run the calls with limited concurrency. Running calls finish; after a permanent error no other call starts."""
    slots = asyncio.Semaphore(CONCURRENCY)
    failed: list[Exception] = []

    async def run(call: Callable[[], Awaitable[T]]) -> T | None:
        async with slots:
            if any(isinstance(error, JobError) and not error.retry for error in failed):
                return None
            try:
                return await call()
            except Exception as error:  # noqa: BLE001 raised below, once the others are done
                failed.append(error)
                return None

    results = await asyncio.gather(*map(run, calls))
    if failed:
        raise most_severe(failed)
    return [result for result in results if result is not None]
