"""Reads why a job is where it is and what it has called: from the API, or from the records of a Resonate server.

The API knows the jobs of the pipeline only. A server, where it can be reached, knows every workflow, by its promise.
"""

from typing import Annotated

import typer

from contract.answers import STATES, JobExplanation, JobFailure, JobHistory
from contract.job import is_job_id
from contract.names import promise_id
from durable.history import JobRecords, Operation, read_job
from durable.wire import errors
from durable.wire.client import Client

from .errors import UserError
from .exit_codes import ExitCode
from .job_watch import EXIT_CODES
from .target import find_running, open_target
from .target_options import TargetOptions

JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id, or the id of the promise of any workflow: order/42.")
]
ServerUrl = Annotated[
    str | None, typer.Option("--server", help="The address of a Resonate server that is reachable from here.")
]
ServerToken = Annotated[
    str | None, typer.Option(envvar="RESONATE_TOKEN", help="The token for the server.", show_default=False)
]


def explain_job(job: str, options: TargetOptions, server: str | None, token: str | None) -> JobExplanation:
    """Return why a job is where it is. Raises UserError if it cannot be read."""
    if is_job_id(job) and not server:
        return open_target(options).api.why(job)
    explanation = _read_records(job, options, server, token).explain()
    fields, error = explanation.to_dict(), explanation.error
    return JobExplanation(
        job_id=job,
        state=STATES[explanation.state],
        explanation=str(explanation),
        waits=tuple(fields["waits"]),
        error=JobFailure(code=error["code"], message=error["message"]) if error else None,
    )


def list_calls(job: str, options: TargetOptions, server: str | None, token: str | None) -> JobHistory:
    """Return what a job has called. Only a server's records have the results. Raises UserError if it cannot be read."""
    if is_job_id(job) and not server:
        return open_target(options).api.history(job)
    records = _read_records(job, options, server, token)
    return JobHistory(
        job_id=job,
        state=STATES[records.root.state],
        created_at=records.created_at,
        operations=tuple(operation.to_dict() for operation in records.operations),
        settled_at=records.settled_at,
    )


def exit_code_of(answer: JobExplanation | JobHistory) -> ExitCode:
    """Return the exit code for the state of the job."""
    return EXIT_CODES[answer.state]


def find_promise(job: str) -> str:
    """Return the id of the promise that a user means."""
    return promise_id(job) if is_job_id(job) else job


def read_calls(answer: JobHistory) -> list[Operation]:
    """Return the calls of a history. Raises UserError if a later version of the API sent them."""
    try:
        return [Operation.from_dict(fields) for fields in answer.operations]
    except (TypeError, ValueError) as error:
        sentence = f"the history has calls that this version cannot read ({error})"
        raise UserError(ExitCode.UNAVAILABLE, sentence, "show it with --json, or update this checkout") from None


def _read_records(job: str, options: TargetOptions, server: str | None, token: str | None) -> JobRecords:
    if not server and (options.stack or options.url):
        sentence = f"{job} is no id of a document's job, and the API knows only those"
        raise UserError(ExitCode.USAGE, sentence, "name a Resonate server that can be reached from here with --server")
    url = server or find_running(options.state).server
    try:
        with Client(url, token=token) as client:
            return read_job(client, find_promise(job))
    except errors.NotFound:
        raise _make_unknown_job_error(job) from None
    except errors.Denied as error:
        raise UserError(ExitCode.DENIED, f"the server refused the token ({error})", "set RESONATE_TOKEN") from None
    except (errors.WireError, ValueError) as error:
        raise UserError(ExitCode.UNAVAILABLE, f"the server did not answer: {error}", "check --server") from None


def _make_unknown_job_error(job: str) -> UserError:
    return UserError(ExitCode.UNKNOWN, f"the job {job} does not exist", "check its id")
