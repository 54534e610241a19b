"""`longhand history`: list what a job has called."""

from durable.history import format_history
from ops.job_history import EXIT_CODES, JobArgument, ServerToken, ServerUrl, read_records
from ops.screen import Screen
from ops.target_options import SystemOptions

from .options import AsJson


def history(
    job_id: JobArgument,
    options: SystemOptions,
    *,
    server: ServerUrl = None,
    server_token: ServerToken = None,
    as_json: AsJson = False,
) -> int:
    """List the steps, sleeps, questions and parts of a job, with their times and results, from its records.

    The server of a stack on AWS is private: there, see longhand status.

    Exit code: as of longhand status.

    For example:

      longhand history invoice-4f2a9c1b7e10

      longhand history order/42 --json | jq -r '.[] | select(.state == "pending") | .name'
    """
    records = read_records(job_id, options, server, server_token)
    if as_json:
        Screen.open().print_json([operation.to_dict() for operation in records.operations])
    else:
        for line in format_history(records.root, records.operations).splitlines():
            Screen.open().print_line(line)
    return EXIT_CODES[records.root.state]
