"""Durable functions that clients invoke by name: their arguments, and the API's values for an invocation.

A function that is not here may be called by workflows only. Its workflow has the name and the version that are here.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from msgspec import Meta, ValidationError, convert, field, json, structs

from .answers import Answer, JobFailure, JobState
from .api_value import ApiValue
from .job import JOB_ID

_MAX_NAME_CHARACTERS: Final = 64  # the longest name of a function in an id
MAX_FACTORIAL: Final = 100  # each multiplication is an invocation, and a promise below the one before


class WrongArgumentsError(ValueError):
    """The arguments do not fit the function. It does not quote them."""


@dataclass(frozen=True, kw_only=True)
class InvocableFunction:
    """A function by its name, and the version for new invocations. Running invocations keep their version."""

    name: str
    version: int
    arguments: Any  # the type of the tuple of them

    def check_arguments(self, args: Sequence[object]) -> None:
        """Raise WrongArgumentsError unless the function takes these."""
        try:
            convert(args, self.arguments)
        except ValidationError as error:
            raise WrongArgumentsError(f"the arguments do not fit {self.name}: {error}") from error


FACTORIAL: Final = InvocableFunction(
    name="factorial", version=1, arguments=tuple[Annotated[int, Meta(ge=0, le=MAX_FACTORIAL)]]
)
INVOCABLE: Final[Mapping[str, InvocableFunction]] = {one.name: one for one in (FACTORIAL,)}


def make_id(function: str, suffix: str) -> str:
    """Return an id for an invocation without a client's id. It begins with the function's name."""
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", function)[:_MAX_NAME_CHARACTERS]
    return f"{readable}-{suffix}"


class Invocation(ApiValue, frozen=True):
    """What a client sends. The function that is named in it checks the arguments."""

    function: str
    args: list[Any] = field(default_factory=list)
    # Of the client's choice. Without one, the trigger makes one of function and arguments.
    id: Annotated[str, Meta(pattern=rf"^{JOB_ID}\Z")] = ""

    def digest(self) -> str:
        """Return a hash that is equal for the same function, arguments and id; tags keep it for years."""
        values = structs.asdict(self)
        return hashlib.sha256(json.encode(values, order="deterministic")).hexdigest()


class InvocationAccepted(Answer, frozen=True, tag="accepted"):
    """202: the invocation is recorded. A repeated request gets the present state."""

    id: str
    status_url: str
    state: JobState


class InvocationProcessing(Answer, frozen=True, tag=JobState.PROCESSING.value):
    """200: the invocation waits for the function, or runs."""

    id: str


class InvocationDone(Answer, frozen=True, tag=JobState.DONE.value):
    """200: what the function returned."""

    id: str
    result: Any


class InvocationFailed(Answer, frozen=True, tag=JobState.FAILED.value):
    """200: the function failed. The request for its status succeeded."""

    id: str
    error: JobFailure


class InvocationCanceled(Answer, frozen=True, tag=JobState.CANCELED.value):
    """200: the invocation was stopped, and has no result."""

    id: str


class InvocationNotFound(Answer, frozen=True, tag="not_found"):
    """404: no invocation has this id, or its history was deleted."""

    id: str


type InvocationAnswer = InvocationProcessing | InvocationDone | InvocationFailed | InvocationCanceled
