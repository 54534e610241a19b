"""`longhand why`: say why a job is where it is."""

from ops.job_history import EXIT_CODES, JobArgument, ServerToken, ServerUrl, read_records
from ops.screen import Screen
from ops.target_options import SystemOptions

from .options import AsJson


def why(
    job_id: JobArgument,
    options: SystemOptions,
    *,
    server: ServerUrl = None,
    server_token: ServerToken = None,
    as_json: AsJson = False,
) -> int:
    """Say what a job waits for, or how it has ended, from its records on the Resonate server.

    It sees sleeps, questions, steps under way, parked tasks and missing workers of any workflow. The server of a stack
    on AWS is private: there, see longhand status.

    Exit code: as of longhand status.

    For example:

      longhand why invoice-4f2a9c1b7e10

      longhand why order/42 --json | jq -r .waits[].reason
    """
    explanation = read_records(job_id, options, server, server_token).explain()
    if as_json:
        Screen.open().print_json(explanation.to_dict())
    else:
        Screen.open().print_line(str(explanation))
    return EXIT_CODES[explanation.state]
