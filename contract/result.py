"""The result of a job: as stored, and as a client reads it, with the time of the notice."""

from typing import Self

from pydantic import Field, JsonValue

from .analysis import Analysis, Evidence
from .job import DocumentJob
from .model import JobId, TypeName, Value
from .names import Step
from .reading import Reference, Text
from .review import Review
from .usage import ModelAnswers, Usage


class Stored(Value):
    """Where the result is stored: an address for the client, and an object for the worker."""

    stored_at: str
    reference: Reference


class StoredResult(Value):
    """The result in the object store, written before the notice is sent."""

    job_id: JobId
    type: TypeName
    page_count: int
    summary: str
    extracted_data: dict[str, JsonValue]
    stored_at: str
    evidence: dict[str, Evidence]
    analyzer: str
    warnings: tuple[str, ...]
    model_answers: ModelAnswers | None = Field(default=None, exclude_if=lambda it: it is None)
    usage: dict[str, Usage] = Field(default_factory=dict)  # by step
    cost_usd: float | None = 0.0  # None: a price is unknown, and a warning names it
    review: Review | None = Field(default=None, exclude_if=lambda it: it is None)

    @classmethod
    def of(cls, job: DocumentJob, text: Text, analysis: Analysis, stored_at: str, *, download: Usage) -> Self:
        """Combine the results of the steps."""
        values = analysis.values
        usage = {Step.DOWNLOAD.value: download, Step.EXTRACT.value: text.usage, Step.ANALYZE.value: analysis.usage}
        return cls.model_validate(
            {
                "job_id": job.job_id,
                "type": job.type,
                "page_count": text.page_count,
                "summary": analysis.summary,
                "extracted_data": analysis.plain(),
                "stored_at": stored_at,
                "evidence": {one.field: one.evidence for one in analysis.reviewed_findings if one.field in values},
                "analyzer": analysis.analyzer,
                "warnings": (*text.warnings, *analysis.warnings),
                "model_answers": analysis.model_answers,
                "usage": usage,
                "cost_usd": sum(usage.values(), Usage()).cost_usd if analysis.is_priced else None,
                "review": analysis.review,
            }
        )


class DocumentResult(StoredResult):
    """What a client reads once the job is done."""

    notified_at: str

    @classmethod
    def with_notice(cls, result: StoredResult, notified_at: str) -> Self:
        """Add the time of the notice."""
        return cls.model_validate({**dict(result), "notified_at": notified_at})
