"""What the steps hand on to each other, and what becomes of a job. Big data is not here, but where it is."""

from enum import StrEnum
from typing import Any, Self

from pydantic import Field, JsonValue

from .job import DocumentJob, JobId, TypeName
from .model import Value
from .names import Step


class Reference(Value):
    """An object of the object store: where it is, and what tells that it is still the same."""

    key: str
    size: int
    sha256: str


class MediaType(StrEnum):
    """What we read, as its bytes say and not as anybody claims."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    TIFF = "image/tiff"
    WEBP = "image/webp"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @property
    def extension(self) -> str:
        """How a file of it is called, without the dot."""
        return self.name.lower()


class Use(Value):
    """What a step took, over all its parts: seconds of work, pages that were recognized, tokens, what providers charge.

    An answer that had been paid for before costs nothing again. A price that nobody knows is not counted, and told.
    """

    seconds: float = 0.0
    pages: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Use") -> "Use":
        """Return both together."""
        return Use(
            seconds=round(self.seconds + other.seconds, 3),
            pages=self.pages + other.pages,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=round(self.cost_usd + other.cost_usd, 6),
        )


class Original(Value):
    """The document as it was downloaded."""

    reference: Reference
    media_type: MediaType
    use: Use = Use()


class TextSource(StrEnum):
    """Where a page's text is from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"


class PageText(Value):
    """One page, counted from 1; how sure the recognition was, from 0 to 1, where there was one and it saw text."""

    number: int
    text: str
    source: TextSource
    confidence: float | None = None
    # Where each word of the text stands that blanks divide: four numbers a word, left, top, right and bottom, in
    # 65535ths of the page, two bytes each with the higher first, in base64. A list of them would be ten times as long.
    boxes: str | None = Field(default=None, exclude_if=lambda it: it is None)


class Pages(Value):
    """All pages, as they lie in the object store, and what is to be said of them."""

    pages: tuple[PageText, ...]
    warnings: tuple[str, ...] = ()
    use: Use = Field(default=Use(), exclude_if=lambda it: it == Use())  # what whoever wrote them had taken for it


class Text(Value):
    """Where the pages are, and how many are from which source."""

    reference: Reference
    page_count: int
    from_text_layer: int = 0
    from_ocr: int = 0
    warnings: tuple[str, ...] = ()
    use: Use = Use()
    # What the analysis may cost, in a job that has a limit; None if nobody knows.
    ahead_usd: float | None = 0.0

    @classmethod
    def of(cls, reference: Reference, text: Pages) -> Self:
        """Count them."""
        count, seen = len(text.pages), sum(page.source is TextSource.OCR for page in text.pages)
        return cls(
            reference=reference,
            page_count=count,
            from_text_layer=count - seen,
            from_ocr=seen,
            warnings=text.warnings,
            use=text.use,
        )


class Evidence(Value):
    """Where a value stands, so that a person can look."""

    page: int
    quote: str
    confidence: float | None = Field(default=None, exclude_if=lambda it: it is None)  # a model's own, from 0 to 1
    verified: bool = Field(default=True, exclude_if=bool)  # whether the quote stands there and bears the value out
    # Left, top, right and bottom of the quote as shares of the page, if its words are known to stand there.
    box: tuple[float, float, float, float] | None = Field(default=None, exclude_if=lambda it: it is None)


class Usage(Value):
    """What a model was used for: its answers, those of them that had been paid for before, and what they took."""

    model: str
    answers: int = 0
    found: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


class Finding(Value):
    """A value that was found. One metric is one finding, its name behind a dot: `metrics.revenue`."""

    field: str
    value: str | float | tuple[str, ...]
    evidence: Evidence


class Analysis(Value):
    """What a document says. What was not found is absent."""

    analyzer: str
    summary: str
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    usage: Usage | None = None
    use: Use = Use()
    is_priced: bool = Field(default=True, exclude_if=bool)  # False: a price that nobody knows is missing in its use

    def plain(self) -> dict[str, JsonValue]:
        """The values alone: what is named behind dots lies deeper, and what is numbered there is a list."""
        data: dict[str, Any] = {}
        for finding in self.findings:
            *path, last = finding.field.split(".")
            place = data
            for name in path:
                place = place.setdefault(name, {})
            place[last] = list(finding.value) if isinstance(finding.value, tuple) else finding.value
        return {name: _listed(value) for name, value in data.items()}


def _listed(value: Any) -> JsonValue:  # noqa: ANN401 as deep as the names go
    if not isinstance(value, dict):
        plain: JsonValue = value
        return plain
    inner = {name: _listed(one) for name, one in value.items()}
    return list(inner.values()) if all(name.isdigit() for name in inner) else inner


class Stored(Value):
    """Where the result is: as an address for the client, and as an object for the worker."""

    stored_at: str
    reference: Reference


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"  # somebody stopped it
    TIMED_OUT = "timed_out"  # nobody ran it by its deadline


class Ending(Value):
    """How a job ended, and where the result is or why there is none."""

    outcome: Outcome
    stored_at: str | None = None
    code: str | None = None
    message: str | None = None


class Ended(Value):
    """A job that ended without its workflow, as its tags tell of it."""

    job_id: JobId
    requester_id: str
    type: TypeName
    outcome: Outcome


class Notice(Ending):
    """What whoever asked for the job is told. It may come twice; then its key, and all else in it, is the same."""

    key: str
    job_id: JobId
    requester_id: str
    type: TypeName
    at: str


class Notified(Value):
    """That the notice was sent, and the time in it."""

    key: str
    notified_at: str


class StoredResult(Value):
    """The result as it lies in the object store: written before anybody is notified."""

    job_id: JobId
    type: TypeName
    page_count: int
    summary: str
    extracted_data: dict[str, JsonValue]
    stored_at: str
    evidence: dict[str, Evidence]
    analyzer: str
    warnings: tuple[str, ...]
    usage: Usage | None = Field(default=None, exclude_if=lambda it: it is None)
    metering: dict[str, Use] = Field(default_factory=dict)  # by step
    cost_usd: float | None = 0.0  # None: a price is not known, and a warning says which

    @classmethod
    def of(cls, job: DocumentJob, text: Text, analysis: Analysis, stored_at: str, *, download: Use) -> Self:
        """Put it together."""
        metering = {Step.DOWNLOAD.value: download, Step.EXTRACT.value: text.use, Step.ANALYZE.value: analysis.use}
        return cls.model_validate(
            {
                "job_id": job.job_id,
                "type": job.type,
                "page_count": text.page_count,
                "summary": analysis.summary,
                "extracted_data": analysis.plain(),
                "stored_at": stored_at,
                "evidence": {finding.field: finding.evidence for finding in analysis.findings},
                "analyzer": analysis.analyzer,
                "warnings": (*text.warnings, *analysis.warnings),
                "usage": analysis.usage,
                "metering": metering,
                "cost_usd": sum(metering.values(), Use()).cost_usd if analysis.is_priced else None,
            }
        )


class DocumentResult(StoredResult):
    """What a client reads when the job is done."""

    notified_at: str

    @classmethod
    def told(cls, result: StoredResult, notified_at: str) -> Self:
        """Add the last step's part."""
        return cls.model_validate({**dict(result), "notified_at": notified_at})
