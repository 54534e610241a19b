"""The inputs of the tools. An agent gets their JSON Schema. Invalid inputs are refused, field by field."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from contract.answers import JobState
from contract.job import MAX_COST_USD, MAX_REQUESTER, MAX_URL, DocumentType
from contract.model import JobId, TypeName

MAX_WAIT_SECONDS: Final = 50  # many clients give up on a tool after 60
MAX_JOBS: Final = 15  # jobs in one list, whose size is bounded
_MAX_SHOWN_ERRORS: Final = 5
_MAX_NAME_CHARACTERS: Final = 40


class Input(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class DocumentInput(Input):
    """A document, and what to do with it."""

    document: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_URL,
            description="An https:// or s3:// URL, or the path of a file in a folder that the user has allowed.",
        ),
    ]
    type: Annotated[
        TypeName,
        Field(description="What is looked for: invoice, contract, receipt, report, or a type of the operator."),
    ] = DocumentType.REPORT.value
    max_cost_usd: Annotated[
        float | None,
        Field(
            ge=0,
            le=MAX_COST_USD,
            allow_inf_nan=False,
            description="The most that providers may charge. Before more, the job waits for a person. "
            "Without it the user's own limit holds, which is never exceeded.",
        ),
    ] = None
    job_id: Annotated[
        JobId | None,
        Field(description="The id of the job. Without one it is derived: the same document again is the same job."),
    ] = None


class JobInput(Input):
    """A job."""

    job_id: Annotated[JobId, Field(description="The id of the job.")]


class WaitInput(JobInput):
    """A job, and how long to wait for it."""

    seconds: Annotated[int, Field(ge=1, le=MAX_WAIT_SECONDS, description="How long to wait at most.")] = (
        MAX_WAIT_SECONDS
    )


class ListInput(Input):
    """Which jobs to list."""

    state: Annotated[JobState | None, Field(description="Jobs in this state only.")] = None
    type: Annotated[TypeName | None, Field(description="Documents of this type only.")] = None
    requester_id: Annotated[
        str | None, Field(min_length=1, max_length=MAX_REQUESTER, description="Jobs of this requester only.")
    ] = None
    since: Annotated[
        str | None, Field(max_length=40, description="Jobs created then or later: 2026-11-29T16:00:00Z.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=MAX_JOBS, description="How many jobs.")] = 10
    cursor: Annotated[
        str | None, Field(max_length=1_000, description="The cursor of the list before, with the same filters.")
    ] = None


class HistoryInput(JobInput):
    """A job, and from which call on."""

    offset: Annotated[int, Field(ge=0, description="The nextOffset of the answer before.")] = 0


class ResultInput(JobInput):
    """A job, and which part of what it has found."""

    part: Annotated[
        Literal["result", "text"],
        Field(description="The result with its values and their evidence, or the text of one page of the document."),
    ] = "result"
    page: Annotated[int, Field(ge=1, description="The page whose text is read, from 1.")] = 1
    offset: Annotated[int, Field(ge=0, description="The nextOffset of the answer before.")] = 0


RULES: Final[Mapping[str, str]] = {
    "document": f"a URL or the path of a file, of 1 to {MAX_URL} characters",
    "type": "1 to 40 characters of a-z 0-9 _ - that start with a letter",
    "maxCostUsd": f"a number of US dollars from 0 to {MAX_COST_USD}",
    "jobId": "1 to 128 characters of A-Z a-z 0-9 _ -",
    "seconds": f"a whole number from 1 to {MAX_WAIT_SECONDS}",
    "state": f"one of {', '.join(JobState)}",
    "requesterId": f"1 to {MAX_REQUESTER} characters",
    "since": "a time such as 2026-11-29T16:00:00Z",
    "limit": f"a whole number from 1 to {MAX_JOBS}",
    "cursor": "the cursor of the list before",
    "offset": "a whole number from 0, such as the nextOffset of the answer before",
    "part": "result or text",
    "page": "a whole number from 1",
}


def describe_errors(error: ValidationError, given: type[Input]) -> str:
    """Return which arguments are wrong and what they must be, in sentences that do not repeat the values."""
    wrong = [_describe_error(one["type"], str(one["loc"][0])) for one in error.errors()]
    more = [f"and {len(wrong) - _MAX_SHOWN_ERRORS} more"] if len(wrong) > _MAX_SHOWN_ERRORS else []
    return "; ".join([*wrong[:_MAX_SHOWN_ERRORS], *more, f"the tool takes {', '.join(list_arguments(given))}"])


def list_arguments(given: type[Input]) -> list[str]:
    """Return the names of the arguments as an agent sends them."""
    return [str(field.alias) for field in given.model_fields.values()]


def _describe_error(kind: str, name: str) -> str:
    match kind:
        case "missing":
            return f"{name} is missing: it must be {RULES[name]}"
        case "extra_forbidden":
            return f"there is no argument {name[:_MAX_NAME_CHARACTERS]!r}"
        case _:
            return f"{name} must be {RULES[name]}"
