"""What may be done to a job that has ended: its result is revoked, or its content is erased."""

from .answers import Answer
from .api_value import ApiValue


class EndedJobRef(ApiValue, frozen=True, kw_only=True):
    """The job, as a workflow that revokes or erases gets it. What else they need is in the job's own record."""

    job_id: str
    requester_id: str
    type: str
    receiver: str | None = None  # the host of its callbackUrl
    by: str | None = None  # the caller, as the API's authorizer names it


class Erasure(ApiValue, frozen=True, kw_only=True):
    """What the workflow that erases returns."""

    objects: int  # with all their versions


class Erasing(Answer, frozen=True, kw_only=True, tag="erased"):
    """202: the job's content is being erased. Its id stays taken."""

    job_id: str
    erased_at: str  # ISO 8601, UTC: from then on no route shows the job


class Revoked(Answer, frozen=True, kw_only=True, tag="revoked"):
    """202: the job's result is being revoked."""

    job_id: str
    revoked_at: str  # ISO 8601, UTC: from then on no route shows the result as valid
