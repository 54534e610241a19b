"""The ports that an analyzer fits into, whether it is rules or a model.

One that reads a long text chunk by chunk does it by functions that others may call one by one, wherever there is room:
called by itself, it does nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from contract.analysis import Analysis
from contract.job import TypeName
from contract.model import Value
from contract.reading import PageText
from contract.use import Usage, Use

from .chunks import Chunk
from .llm.claims import ChunkClaims


class Analyzer(Protocol):
    """Says what a document says. It must not invent: what it has no quote for is left out."""

    async def __call__(self, kind: TypeName, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages."""


class ChunkReading(Value):
    """What was found in a chunk, which may have been too long for one answer, and what that took."""

    parts: tuple[ChunkClaims, ...] = ()
    usage: Usage
    use: Use = Use()
    is_priced: bool = True  # False: a price that nobody knows is missing in its use


@runtime_checkable
class ChunkedAnalyzer(Analyzer, Protocol):
    """An analyzer that can be asked for one chunk at a time."""

    def prompt_tokens(self) -> Mapping[TypeName, int]:
        """Return, by type, the tokens that go with each chunk: instructions and form."""

    def chunks(self, kind: TypeName, pages: Sequence[PageText]) -> list[Chunk]:
        """Divide a text of this type, always in the same way."""

    def key(self, kind: TypeName, chunk: Chunk) -> str:
        """Name everything that a reading of the chunk depends on: content, instructions, form and model."""

    async def read(self, kind: TypeName, chunk: Chunk) -> ChunkReading:
        """Read one chunk."""

    async def conclude(self, kind: TypeName, readings: Sequence[ChunkReading]) -> Analysis:
        """Put together what was found in all chunks, in their order."""
