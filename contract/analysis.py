"""The findings of a document, each with its evidence. A value that was not found is omitted, never guessed."""

from typing import Any, Literal

from pydantic import Field, JsonValue

from .model import Value
from .review import CorrectedValue, Review
from .usage import ModelAnswers, Usage


class Evidence(Value):
    """Where a value is in the document, so that a person can check it."""

    page: int
    quote: str
    confidence: float | None = Field(
        default=None, exclude_if=lambda it: it is None
    )  # from 0 to 1: as the model states it, or as measured for the rules
    verified: bool = Field(default=True, exclude_if=bool)  # the quote is on the page and supports the value
    # Left, top, right and bottom of the quote as shares of the page, if its words were found there.
    box: tuple[float, float, float, float] | None = Field(default=None, exclude_if=lambda it: it is None)


class Finding(Value):
    """A value that was found. Each metric is a finding, named after a dot: `metrics.revenue`."""

    field: str
    value: str | float | tuple[str, ...]
    evidence: Evidence

    def split(self) -> tuple["Finding", ...]:
        """Return the entries of a list as findings of their own, numbered as in corrections: `parties.1`."""
        if not isinstance(self.value, tuple):
            return (self,)
        numbered = enumerate(self.value, start=1)
        return tuple(self.model_copy(update={"field": f"{self.field}.{n}", "value": one}) for n, one in numbered)


class Analysis(Value):
    """The findings of a document, its summary, and the usage of the analysis."""

    kind: Literal["analysis"] = "analysis"
    analyzer: str
    summary: str
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    model_answers: ModelAnswers | None = None
    usage: Usage = Usage()
    is_priced: bool = Field(default=True, exclude_if=bool)  # False: `usage` lacks a price that is unknown
    review: Review | None = Field(default=None, exclude_if=lambda it: it is None)

    @property
    def reviewed_findings(self) -> tuple[Finding, ...]:
        """The findings. A list that the reviewer has changed becomes one finding for each entry."""
        changed = {name.partition(".")[0] for name in (self.review.corrections if self.review else {})}
        return tuple(part for one in self.findings for part in (one.split() if one.field in changed else (one,)))

    @property
    def values(self) -> dict[str, CorrectedValue]:
        """The values by field, as the reviewer has corrected them."""
        found: dict[str, CorrectedValue] = {finding.field: finding.value for finding in self.reviewed_findings}
        corrections = self.review.corrections if self.review else {}
        corrected = found | {field: correction.value for field, correction in corrections.items()}
        return {field: value for field, value in corrected.items() if value is not None}

    def plain(self) -> dict[str, JsonValue]:
        """Return the values without evidence: dots in names make nested objects, and numbers make lists."""
        data: dict[str, Any] = {}
        for field, value in self.values.items():
            *path, last = field.split(".")
            node = data
            for name in path:
                node = node.setdefault(name, {})
            node[last] = list(value) if isinstance(value, tuple) else value
        return {name: _with_lists(value) for name, value in data.items()}


def _with_lists(value: Any) -> JsonValue:  # noqa: ANN401 nested as deep as the names
    if not isinstance(value, dict):
        plain: JsonValue = value
        return plain
    inner = {name: _with_lists(one) for name, one in value.items()}
    return list(inner.values()) if all(name.isdigit() for name in inner) else inner
