"""`longhand why`: say why a job is where it is."""

from ops.job_history import JobArgument, ServerToken, ServerUrl, exit_code_of, explain_job
from ops.screen import Screen
from ops.target_options import TargetOptions

from .options import AsJson


def why(
    job_id: JobArgument,
    options: TargetOptions,
    *,
    server: ServerUrl = None,
    server_token: ServerToken = None,
    as_json: AsJson = False,
) -> int:
    """Say what a job waits for, or how it has ended, from its records on the Resonate server.

    It sees sleeps, questions, steps under way, parked tasks and missing workers. Document jobs are asked for at the
    API, on AWS as on a laptop. Other workflows, by their promise's id, need make serve or --server.

    Exit code: as of longhand status.

    For example:

      longhand why invoice-4f2a9c1b7e10

      longhand why report-7 --stack Longhand

      longhand why order/42 --json | jq -r .waits[].reason
    """
    answer = explain_job(job_id, options, server, server_token)
    if as_json:
        Screen.open().print_json(answer.to_dict())
    else:
        Screen.open().print_line(answer.explanation)
    return exit_code_of(answer)
