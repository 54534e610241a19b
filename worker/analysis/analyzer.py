"""The ports of analyzers, whether they are rules or a model.

An analyzer that reads long texts in chunks has public methods for single chunks, which workers may call. Called for a
whole text, it uses the same methods.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from contract.analysis import Analysis
from contract.model import TypeName, Value
from contract.reading import PageText
from contract.usage import ModelAnswers, Usage

from .chunks import Chunk
from .llm.claims import ChunkClaims


class Analyzer(Protocol):
    """Extracts values and a summary. It must not invent values: one without a quote is omitted."""

    async def __call__(self, kind: TypeName, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages."""


class ChunkReading(Value):
    """The claims of a chunk, in several parts if it was too long for one answer, and their usage."""

    parts: tuple[ChunkClaims, ...] = ()
    model_answers: ModelAnswers
    usage: Usage = Usage()
    is_priced: bool = True  # False: a price is unknown, so the usage lacks it


@runtime_checkable
class ChunkedAnalyzer(Analyzer, Protocol):
    """An analyzer that can read single chunks."""

    def prompt_tokens(self) -> Mapping[TypeName, int]:
        """Return, by type, the tokens of instructions and form that go with each chunk."""

    def chunks(self, kind: TypeName, pages: Sequence[PageText]) -> list[Chunk]:
        """Split a text of this type, always in the same way."""

    def key(self, kind: TypeName, chunk: Chunk) -> str:
        """Return a key of all that a reading of the chunk depends on: content, instructions, form and model."""

    async def read(self, kind: TypeName, chunk: Chunk) -> ChunkReading:
        """Read one chunk."""

    async def conclude(self, kind: TypeName, readings: Sequence[ChunkReading]) -> Analysis:
        """Merge the readings of all chunks, in their order."""
