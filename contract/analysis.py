"""What a document says, each value with the place where it stands. What was not found is absent, and never guessed."""

from typing import Any

from pydantic import Field, JsonValue

from .model import Value
from .use import Usage, Use


class Evidence(Value):
    """Where a value stands, so that a person can look."""

    page: int
    quote: str
    confidence: float | None = Field(default=None, exclude_if=lambda it: it is None)  # a model's own, from 0 to 1
    verified: bool = Field(default=True, exclude_if=bool)  # whether the quote stands there and bears the value out
    # Left, top, right and bottom of the quote as shares of the page, if its words are known to stand there.
    box: tuple[float, float, float, float] | None = Field(default=None, exclude_if=lambda it: it is None)


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
