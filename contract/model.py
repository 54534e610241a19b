"""The base of every value that passes between programs: frozen, camelCase in JSON, tolerant of unknown fields.

Promises outlive deployments, so an older worker may read a value that a newer one wrote.
"""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Value(BaseModel):
    """A value between programs."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )
