"""Reads the records of a job from the Resonate server itself, which only this machine's `make serve` lets it reach."""

from typing import Annotated, Final

import typer

from contract.job import is_job_id
from contract.names import promise_id
from durable.history import JobRecords, read_job
from durable.wire.client import Client
from durable.wire.errors import Denied, NotFound, WireError

from .errors import UserError
from .exit_codes import ExitCode
from .target import find_running
from .target_options import SystemOptions

JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id, or the id of the promise of any workflow: order/42.")
]
ServerUrl = Annotated[
    str | None, typer.Option("--server", help="The address of a Resonate server that is reachable from here.")
]
ServerToken = Annotated[
    str | None, typer.Option(envvar="RESONATE_TOKEN", help="The token for the server.", show_default=False)
]
EXIT_CODES: Final = {
    "pending": ExitCode.RUNNING,
    "resolved": ExitCode.OK,
    "rejected": ExitCode.FAILED,
    "rejected_canceled": ExitCode.CANCELED,
    "rejected_timedout": ExitCode.FAILED,
}


def read_records(job: str, options: SystemOptions, server: str | None, token: str | None) -> JobRecords:
    """Return the records of a job. Raises UserError if there are none, or if the server cannot be reached."""
    promise = promise_id(job) if is_job_id(job) else job
    if options.stack and not server:
        sentence = f"the server of the stack {options.stack} is private, and its records cannot be read from here"
        remedy = f"see ./longhand status {job} --stack {options.stack}, and ./longhand logs worker for its promiseId"
        raise UserError(ExitCode.USAGE, sentence, remedy)
    url = server or find_running(options.state).server
    try:
        with Client(url, token=token) as client:
            return read_job(client, promise)
    except NotFound:
        raise UserError(ExitCode.UNKNOWN, f"the job {job} does not exist", "check its id") from None
    except Denied as error:
        raise UserError(ExitCode.DENIED, f"the server refused the token ({error})", "set RESONATE_TOKEN") from None
    except (WireError, ValueError) as error:
        raise UserError(ExitCode.UNAVAILABLE, f"the server did not answer: {error}", "check --server") from None
