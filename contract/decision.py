"""What a person decides about a job that waits for approval."""

from collections.abc import Mapping
from typing import Annotated, Final

from msgspec import Meta

from .answers import Reason
from .api_value import ApiValue
from .job import MAX_COST_USD
from .names import ASK_FOR_MORE, ASK_REVIEWER

# Which calls of a job are questions, by the name that their promises have as a tag, and what they ask.
QUESTIONS: Final[Mapping[str, Reason]] = {ASK_FOR_MORE: Reason.COST, ASK_REVIEWER: Reason.REVIEW}


class Decision(ApiValue, frozen=True, forbid_unknown_fields=True):
    """The answer to the question whose promise the status shows; to approve a cost means to raise the job's limit."""

    promise: str
    approve: bool
    max_cost_usd: Annotated[float, Meta(ge=0, le=MAX_COST_USD)] | None = None
