"""The analyzer that needs no network: rules find the fields, and the summary consists of the document's own sentences.

It runs in a child process, because it needs much processor time, and a hostile text may make a pattern run for minutes.
For a type without rules it reads the values behind the type's labels.
"""

from typing import Final

from contract.analysis import Analysis
from contract.codes import Code
from contract.reading import PageText
from durable import Limits, PermanentError
from worker.documents.document_reader import run_document_child

from .rule_analysis import FIELDS, RulesRequest, analyze_with_rules
from .schema import Schemas

_BYTES: Final = 1_024 * 2**20
# A million characters of varied sentences take three CPU seconds at most on a fast machine. A book of 2,000 pages has
# six to seven million, and a short text must not get the time of a book.
_CPU_SECONDS: Final = 15
_CPU_SECONDS_PER_MILLION: Final = 15
_MAX_CPU_SECONDS: Final = 120
_WALL_FACTOR: Final = 4.0  # a processor may have four children to run


class Extractive:
    """The analyzer, with the document types that it knows."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas: Final = schemas

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages in a child process."""
        schema = self._schemas.get(kind)
        if schema is None and kind not in FIELDS:
            raise PermanentError(Code.TYPE_UNKNOWN, f"there is no type {kind}: there are {', '.join(self._schemas)}")
        request = RulesRequest(kind=kind, pages=pages, schema=schema)
        return await run_document_child(analyze_with_rules, request, _limits_of(pages))


def _limits_of(pages: tuple[PageText, ...]) -> Limits:
    millions = sum(len(page.text) for page in pages) / 1_000_000
    cpu = min(_MAX_CPU_SECONDS, round(_CPU_SECONDS + millions * _CPU_SECONDS_PER_MILLION))
    return Limits(memory=_BYTES, cpu=cpu, wall=cpu * _WALL_FACTOR)
