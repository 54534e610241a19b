"""Read and analyze one document as a worker does, and compare the result with the known values."""

from typing import Final

from pydantic import JsonValue

from contract.analysis import Analysis
from contract.reading import PageText, TextSource
from durable import JobError
from worker.analysis.analyzer import Analyzer
from worker.documents.document_reader import DocumentReader
from worker.documents.sniff import media_type_of

from .cases import Case
from .compare import judge
from .distance import error_rate, word_recall
from .read_document import read_document
from .scores import CaseScore, FieldVerdict
from .transcript import page_of

_UNKNOWN: Final = "its bytes are of no type that is read"


async def run(case: Case, reader: DocumentReader, analyzer: Analyzer, *, reads_embedded: bool = True) -> CaseScore:
    """Return the score of one document. A failure is a result, too.

    Without `reads_embedded`, the invoice that a PDF embeds as XML is not used.
    """
    truth, name = case.truth, case.file.name
    try:
        pages = await _pages(case, reader)
        if not reads_embedded:
            pages = tuple(page.model_copy(update={"invoice": None}) for page in pages)
        analysis = await analyzer(truth.type, pages)
    except JobError as error:
        failure = f"{error.code}: {error.message}"
        return CaseScore(name=name, folder=case.folder, type=truth.type, fields=_verdicts(case, {}), failure=failure)
    read, text = "\n".join(page.text for page in pages), "\n".join(truth.text or ())
    return CaseScore(
        name=name,
        folder=case.folder,
        type=truth.type,
        fields=_verdicts(case, values_of(analysis)),
        error_rate=error_rate(read, text) if truth.text else None,
        word_recall=word_recall(read, text) if truth.text else None,
        is_scan=any(page.source is TextSource.OCR for page in pages),
    )


async def _pages(case: Case, reader: DocumentReader) -> tuple[PageText, ...]:
    if case.truth.boxes is not None:
        return (page_of(case.truth.boxes),)
    media_type = media_type_of(case.file.read_bytes())
    if media_type is None:
        raise JobError("document_unsupported", _UNKNOWN)
    return (await read_document(reader, case.file, media_type)).pages


def values_of(analysis: Analysis) -> dict[str, JsonValue]:
    """Return the values by field; numbered findings become a list."""
    return {name: _to_list(value) for name, value in analysis.plain().items()}


def _to_list(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict) or not all(name.partition(".")[0].isdigit() for name in value):
        return value
    rows: dict[str, JsonValue] = {}
    for name, one in value.items():
        number, _, column = name.partition(".")
        row = rows.get(number, {})
        rows[number] = {**row, column: one} if column and isinstance(row, dict) else one
    return list(rows.values())


def _verdicts(case: Case, values: dict[str, JsonValue]) -> tuple[FieldVerdict, ...]:
    return tuple(
        FieldVerdict(
            field=field,
            found=values.get(field),
            true=true,
            verdict=judge(values.get(field), true, case.truth.compare.get(field)),
        )
        for field, true in case.truth.fields.items()
    )
