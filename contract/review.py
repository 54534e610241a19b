"""The review of a job's findings by a person: the answer, and the review in the result."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from .model import Value

type CorrectedValue = float | str | tuple[str, ...] | None  # None: the document has no such value


class Verdict(StrEnum):
    """How a review ended, if the job continues."""

    APPROVED = "approved"
    CORRECTED = "corrected"  # approved with other values
    TIMED_OUT = "timed_out"  # approved without a reviewer, because the request says so


class ReviewAnswer(Value):
    """The value that resolves the question. A promise that is rejected fails the job."""

    approve: Literal[True]  # no other value is an approval
    corrections: dict[str, CorrectedValue] = Field(default_factory=dict)
    reviewer: str | None = None
    comment: str | None = None


class Correction(Value):
    """A value that the reviewer replaced, added or removed."""

    original: CorrectedValue
    value: CorrectedValue


class Review(Value):
    """How the findings were reviewed."""

    decision: Verdict
    reviewer: str | None = Field(default=None, exclude_if=lambda it: it is None)
    at: str
    comment: str | None = Field(default=None, exclude_if=lambda it: it is None)
    corrections: dict[str, Correction] = Field(default_factory=dict)  # by field
