"""A person's decision about a waiting job, and the ids of decisions.

A decision is a promise that the job's workflow made as a question. Its id in the API is the promise's id without the
prefix of jobs: `first:3`.
"""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta

from .answers import Reason
from .api_value import ApiValue
from .job import JOB_ID, MAX_COST_USD, REQUESTER
from .names import ASK_FOR_MORE, ASK_REVIEWER

DECISION_ID: Final = rf"{JOB_ID}:[0-9]{{1,9}}(\.[0-9]{{1,9}}){{0,9}}"
# The calls of a job that are questions, by the name in a tag of their promises, and what they ask about.
QUESTIONS: Final[Mapping[str, Reason]] = {ASK_FOR_MORE: Reason.COST, ASK_REVIEWER: Reason.REVIEW}
MAX_REVIEWER: Final = 256
MAX_COMMENT: Final = 1_000
MAX_CORRECTIONS: Final = 300  # a checkpoint is small
MAX_VALUE: Final = 2_000  # characters of a corrected value
FIELD_NAME: Final = r"[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){0,2}"

type Text = Annotated[str, Meta(min_length=1, max_length=MAX_VALUE, pattern=r"^[^\x00\ud800-\udfff]+\Z")]
type FieldName = Annotated[str, Meta(pattern=rf"^{FIELD_NAME}\Z")]
type Corrections = Annotated[dict[FieldName, float | Text | None], Meta(max_length=MAX_CORRECTIONS)]


class Decision(ApiValue, frozen=True):
    """The answer to a question. To approve a cost means to raise the job's limit; findings may be corrected."""

    approve: bool
    max_cost_usd: Annotated[float, Meta(ge=0, le=MAX_COST_USD)] | None = None
    corrections: Corrections | None = None
    reviewer: Annotated[str, Meta(pattern=rf"^{REQUESTER}\Z", max_length=MAX_REVIEWER)] | None = None
    comment: Annotated[str, Meta(pattern=r"^[^\x00\ud800-\udfff]+\Z", max_length=MAX_COMMENT)] | None = None

    def fits(self, reason: Reason) -> bool:
        """Whether it answers a question for this reason."""
        if not self.approve:
            return self.max_cost_usd is None and self.corrections is None
        if reason is Reason.COST:
            return self.max_cost_usd is not None and self.corrections is None
        return self.max_cost_usd is None and self._has_finite_numbers()

    def _has_finite_numbers(self) -> bool:
        values = (self.corrections or {}).values()
        return all(math.isfinite(value) for value in values if isinstance(value, float))


class ApprovalMessage(ApiValue, frozen=True):
    """The message of a system outside that answers a question."""

    promise_id: str
    approved: bool


class DecisionForm(ApiValue, frozen=True):
    """The form of the page behind a link."""

    decision: Literal["approve", "reject"]
    max_cost_usd: str | None = None
    reviewer: str | None = None
    comment: str | None = None


def is_decision_id(text: str) -> bool:
    """Whether a decision can have this id."""
    return re.fullmatch(DECISION_ID, text) is not None
