"""Analyze a text by rules, in the child process of the extractive analyzer.

It imports nothing that only the worker needs: each job would wait for the import.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contract.analysis import Analysis, Finding
from contract.engines import AnalyzerKind
from contract.job import DocumentType
from contract.reading import PageText

from .contract_rules import find_contract
from .embedded_invoice import with_embedded
from .finding_limit import limit_findings
from .invoice_rules import find_invoice
from .labelled_fields import find_labelled, list_unsupported
from .lines import RuleFindings, TextLine, split_lines
from .receipt_rules import find_receipt
from .report_rules import find_report
from .schema import Schema
from .summary import summarize

FIELDS: Final[dict[str, Callable[[list[TextLine]], RuleFindings]]] = {
    DocumentType.INVOICE: find_invoice,
    DocumentType.CONTRACT: find_contract,
    DocumentType.REPORT: find_report,
    DocumentType.RECEIPT: find_receipt,
}


@dataclass(frozen=True, kw_only=True)
class RulesRequest:
    """The pages to analyze, and their document type."""

    kind: str
    pages: tuple[PageText, ...]
    schema: Schema | None = None  # the schema of the type, if a file describes it


def analyze_with_rules(request: RulesRequest) -> Analysis:
    """Analyze the pages in this process."""
    lines = split_lines(request.pages)
    find = FIELDS.get(request.kind)
    ruled = find(lines) if find else RuleFindings()
    embedded = next((page.invoice for page in request.pages if page.invoice), None)
    if embedded and request.kind == DocumentType.INVOICE:
        ruled = with_embedded(ruled, embedded, lines)
    findings = list(ruled.findings)
    if request.schema:
        findings = _select_fields(findings, find_labelled(lines, request.schema), request.schema)
    kept, left_out = limit_findings(findings)
    warnings = (*ruled.warnings, *left_out, *_warn_of_unsupported(request))
    return Analysis(
        analyzer=AnalyzerKind.EXTRACTIVE,
        summary=summarize(request.kind, kept, lines),
        findings=tuple(kept),
        warnings=warnings,
    )


def _warn_of_unsupported(request: RulesRequest) -> tuple[str, ...]:
    """Warn of fields that these rules cannot find: they must not seem to be missing in the document."""
    names = list_unsupported(request.schema) if request.schema and request.kind not in FIELDS else []
    why = "figures, columns, and what has no labels need a model"
    return (f"no rule looks for {', '.join(names)}: {why}",) if names else ()


def _select_fields(ruled: list[Finding], labelled: list[Finding], schema: Schema) -> list[Finding]:
    """Return the findings that the type has fields for; labelled values replace those of rules."""
    names = {field.name for field in schema.fields} - {one.field.partition(".")[0] for one in labelled}
    return [*labelled, *(one for one in ruled if one.field.partition(".")[0] in names)]
