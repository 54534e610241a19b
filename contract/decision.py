"""What a person decides about a job that waits for approval."""

from typing import Annotated

from msgspec import Meta

from .api_value import ApiValue
from .job import MAX_COST_USD


class Decision(ApiValue, frozen=True, forbid_unknown_fields=True):
    """The answer to the question whose promise the status shows; to approve a cost means to raise the job's limit."""

    promise: str
    approve: bool
    max_cost_usd: Annotated[float, Meta(ge=0, le=MAX_COST_USD)] | None = None
