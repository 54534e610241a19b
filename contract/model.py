"""The base of the values that pass between workers, and types that they share with a job. camelCase in JSON, frozen.

They tolerate unknown fields: promises outlive deployments, so an older worker may read a value that a newer one wrote.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from .job import JOB_ID, MAX_PASSWORD, TYPE_NAME

JobId = Annotated[str, StringConstraints(pattern=f"^{JOB_ID}$")]
TypeName = Annotated[str, StringConstraints(pattern=f"^{TYPE_NAME}$")]
Password = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MAX_PASSWORD)]


class Value(BaseModel):
    """A value between workers, or a result that clients read."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
