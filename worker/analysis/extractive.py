"""The analyzer that needs no network: rules find the fields, and the summary is sentences of the document itself.

It is honest about what it is: it understands nothing, it extracts. Its work is done in a child process, because it is
work for the processor, and because a text may be made to keep a pattern busy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.job import DocumentType
from contract.result import Analysis, Finding, PageText
from durable.children import Limits
from worker.documents.child import limited

from .contract import find_contract
from .invoice import find_invoice
from .lines import Line, lines_of
from .report import find_report
from .summary import summarize

NAME: Final = "extractive"
_LIMITS: Final = Limits(memory=1_024 * 2**20, cpu=60, wall=240)  # a thousand pages take ten seconds
_FIELDS: Final[dict[DocumentType, Callable[[list[Line]], list[Finding]]]] = {
    DocumentType.INVOICE: find_invoice,
    DocumentType.CONTRACT: find_contract,
    DocumentType.REPORT: find_report,
}


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is analyzed."""

    kind: DocumentType
    pages: tuple[PageText, ...]


async def extractive(kind: DocumentType, pages: tuple[PageText, ...]) -> Analysis:
    """Analyze the pages in a child process."""
    return await limited(analyzed, Document(kind=kind, pages=pages), _LIMITS)


def analyzed(document: Document) -> Analysis:
    """Analyze the pages here."""
    findings = _FIELDS[document.kind](lines_of(document.pages))
    return Analysis(analyzer=NAME, summary=summarize(document.pages), findings=tuple(findings))
