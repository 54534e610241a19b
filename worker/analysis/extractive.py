"""The analyzer that needs no network: rules find the fields, and the summary is sentences of the document itself.

It is honest about what it is: it understands nothing, it extracts. Its work is done in a child process, because it is
work for the processor, and because a text may be made to keep a pattern busy. Of a type that it has no rules for it
finds what stands behind the labels that the type names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.analysis import Analysis, Finding
from contract.codes import Code
from contract.job import DocumentType
from contract.reading import PageText
from durable.children import Limits
from durable.errors import PermanentError
from worker.documents.child import limited

from .bounded import bounded
from .contract import find_contract
from .invoice import find_invoice
from .labelled import find_labelled, not_looked_for
from .lines import Line, lines_of
from .report import find_report
from .schema import Schema, Schemas
from .summary import summarize

NAME: Final = "extractive"
_LIMITS: Final = Limits(memory=1_024 * 2**20, cpu=60, wall=240)  # a thousand pages take ten seconds
_FIELDS: Final[dict[str, Callable[[list[Line]], list[Finding]]]] = {
    DocumentType.INVOICE: find_invoice,
    DocumentType.CONTRACT: find_contract,
    DocumentType.REPORT: find_report,
}


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is analyzed."""

    kind: str
    pages: tuple[PageText, ...]
    schema: Schema | None = None  # what its type is, where a file says it


class Extractive:
    """The analyzer, with the types that it knows beside its own."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas: Final = schemas

    async def __call__(self, kind: str, pages: tuple[PageText, ...]) -> Analysis:
        """Analyze the pages in a child process."""
        schema = self._schemas.get(kind)
        if schema is None and kind not in _FIELDS:
            raise PermanentError(Code.TYPE_UNKNOWN, f"there is no type {kind}: there are {', '.join(self._schemas)}")
        return await limited(analyzed, Document(kind=kind, pages=pages, schema=schema), _LIMITS)


async def extractive(kind: str, pages: tuple[PageText, ...]) -> Analysis:
    """Analyze the pages of one of our own types in a child process."""
    return await Extractive({})(kind, pages)


def analyzed(document: Document) -> Analysis:
    """Analyze the pages here."""
    lines = lines_of(document.pages)
    find = _FIELDS.get(document.kind)
    findings = find(lines) if find else []
    if document.schema:
        findings = _as_described(findings, find_labelled(lines, document.schema), document.schema)
    kept, left_out = bounded(findings)
    warnings = (*left_out, *_warnings(document))
    return Analysis(analyzer=NAME, summary=summarize(document.pages), findings=tuple(kept), warnings=warnings)


def _warnings(document: Document) -> tuple[str, ...]:
    """Say what stays empty of a type that has no rules here, or it would look as if the document did not say it."""
    names = not_looked_for(document.schema) if document.schema and document.kind not in _FIELDS else []
    why = "figures, columns, and what has no labels need a model"
    return (f"nothing looked for {', '.join(names)}: {why}",) if names else ()


def _as_described(ruled: list[Finding], labelled: list[Finding], schema: Schema) -> list[Finding]:
    """Return what the type has a field for; where it names labels, they go before our rules."""
    names = {field.name for field in schema.fields} - {one.field.partition(".")[0] for one in labelled}
    return [*labelled, *(one for one in ruled if one.field.partition(".")[0] in names)]
