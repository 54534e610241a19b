"""What rules find in a text, and its summary: the work of the extractive analyzer, for a child process.

So it imports nothing that is for the worker only: each job would pay for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.analysis import Analysis, Finding
from contract.engines import AnalyzerKind
from contract.job import DocumentType
from contract.reading import PageText

from .contract_rules import find_contract
from .finding_limit import limit_findings
from .invoice_rules import find_invoice
from .labelled_fields import find_labelled, not_looked_for
from .lines import TextLine, split_lines
from .report_rules import find_report
from .schema import Schema
from .summary import summarize

FIELDS: Final[dict[str, Callable[[list[TextLine]], list[Finding]]]] = {
    DocumentType.INVOICE: find_invoice,
    DocumentType.CONTRACT: find_contract,
    DocumentType.REPORT: find_report,
}


@dataclass(frozen=True, kw_only=True)
class RulesRequest:
    """What is analyzed."""

    kind: str
    pages: tuple[PageText, ...]
    schema: Schema | None = None  # what its type is, where a file says it


def analyze_with_rules(document: RulesRequest) -> Analysis:
    """Analyze the pages here."""
    lines = split_lines(document.pages)
    find = FIELDS.get(document.kind)
    findings = find(lines) if find else []
    if document.schema:
        findings = _as_described(findings, find_labelled(lines, document.schema), document.schema)
    kept, left_out = limit_findings(findings)
    warnings = (*left_out, *_warnings(document))
    return Analysis(
        analyzer=AnalyzerKind.EXTRACTIVE, summary=summarize(document.pages), findings=tuple(kept), warnings=warnings
    )


def _warnings(document: RulesRequest) -> tuple[str, ...]:
    """Say what stays empty of a type that has no rules here, or it would look as if the document did not say it."""
    names = not_looked_for(document.schema) if document.schema and document.kind not in FIELDS else []
    why = "figures, columns, and what has no labels need a model"
    return (f"nothing looked for {', '.join(names)}: {why}",) if names else ()


def _as_described(ruled: list[Finding], labelled: list[Finding], schema: Schema) -> list[Finding]:
    """Return what the type has a field for; where it names labels, they go before our rules."""
    names = {field.name for field in schema.fields} - {one.field.partition(".")[0] for one in labelled}
    return [*labelled, *(one for one in ruled if one.field.partition(".")[0] in names)]
