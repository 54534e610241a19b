"""The base of every value that crosses a border: frozen, camelCase outside, tolerant of what it does not know.

Tolerant, because promises outlive deployments: an older worker may read what a newer one wrote.
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
