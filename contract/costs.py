"""The estimate of a job before it is started, and the answer that raises a waiting job's limit."""

from pydantic import Field

from .job import MAX_COST_USD
from .model import Value
from .names import Step
from .reading import MediaType
from .usage import Usage


class StepEstimate(Value):
    """The estimated usage of one step."""

    step: Step
    usage: Usage


class Estimate(Value):
    """The estimated time and cost of a job on the worker that estimates it, if no other job delays it."""

    media_type: MediaType
    pages: int
    ocr_pages: int
    steps: tuple[StepEstimate, ...]
    seconds: float
    cost_usd: float | None  # None: the model's price is unknown
    would_wait: bool = False  # for its limit to be raised
    assumptions: tuple[str, ...] = ()  # in sentences


class NewLimit(Value):
    """The value that resolves a waiting job's promise. A promise that is rejected or times out fails the job."""

    max_cost_usd: float = Field(strict=True, ge=0, le=MAX_COST_USD, allow_inf_nan=False)
