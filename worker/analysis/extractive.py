"""The analyzer that needs no network: rules find the fields, and the summary consists of the document's own sentences.

It runs in a child process, because it needs much processor time, and a hostile text may keep a pattern busy. For a type
without rules it reads the values behind the type's labels.
"""

from typing import Final

from contract.analysis import Analysis
from contract.codes import Code
from contract.reading import PageText
from durable import Limits, PermanentError
from worker.documents.document_reader import run_document_child

from .rule_analysis import FIELDS, RulesRequest, analyze_with_rules
from .schema import Schemas

_LIMITS: Final = Limits(memory=1_024 * 2**20, cpu=60, wall=240)  # a thousand pages take ten seconds


class Extractive:
    """The analyzer, with the document types that it knows."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas: Final = schemas

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages in a child process."""
        schema = self._schemas.get(kind)
        if schema is None and kind not in FIELDS:
            raise PermanentError(Code.TYPE_UNKNOWN, f"there is no type {kind}: there are {', '.join(self._schemas)}")
        return await run_document_child(
            analyze_with_rules, RulesRequest(kind=kind, pages=pages, schema=schema), _LIMITS
        )
