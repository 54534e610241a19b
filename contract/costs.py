"""What a job would take, found out before it is started, and what becomes of one that would cost more than it may."""

from pydantic import Field

from .job import MAX_COST_USD
from .model import Value
from .names import Step
from .reading import MediaType
from .use import Use


class StepEstimate(Value):
    """What one step would take."""

    step: Step
    use: Use


class Estimate(Value):
    """What a job would take on the worker that was asked, if nothing of it waits for others."""

    media_type: MediaType
    pages: int
    pages_to_recognize: int
    steps: tuple[StepEstimate, ...]
    seconds: float
    cost_usd: float | None  # None: nobody knows the model's price
    would_wait: bool = False  # for somebody to raise the request's limit
    assumptions: tuple[str, ...] = ()  # what was guessed, in sentences


class Raised(Value):
    """What a waiting job's promise is resolved with: the new limit. Rejected, or left alone, it fails the job."""

    max_cost_usd: float = Field(strict=True, ge=0, le=MAX_COST_USD, allow_inf_nan=False)
