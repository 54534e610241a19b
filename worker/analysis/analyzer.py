"""The port that an analyzer fits into, whether it is rules or a model."""

from typing import Protocol

from contract.job import TypeName
from contract.result import Analysis, PageText


class Analyzer(Protocol):
    """Says what a document says. It must not invent: what it has no quote for is left out."""

    async def __call__(self, kind: TypeName, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages."""
