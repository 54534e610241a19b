"""`longhand history`: list what a job has called."""

from durable.history import format_history
from ops.job_history import JobArgument, ServerToken, ServerUrl, exit_code_of, find_promise, list_calls, read_calls
from ops.screen import Screen
from ops.target_options import TargetOptions

from .options import AsJson


def history(
    job_id: JobArgument,
    options: TargetOptions,
    *,
    server: ServerUrl = None,
    server_token: ServerToken = None,
    as_json: AsJson = False,
) -> int:
    """List the steps, sleeps, questions and parts of a job with their times.

    Document jobs are asked for at the API, on AWS as on a laptop. Other workflows, by their promise's id, need
    make serve or --server, which also shows the results of steps.

    Exit code: as of longhand status.

    For example:

      longhand history invoice-4f2a9c1b7e10

      longhand history report-7 --stack Longhand

      longhand history order/42 --json | jq -r '.operations[] | select(.state == "pending") | .name'
    """
    answer = list_calls(job_id, options, server, server_token)
    if as_json:
        Screen.open().print_json(answer.to_dict())
    else:
        promise, calls = find_promise(job_id), read_calls(answer)
        text = format_history(promise, answer.state, calls, began=answer.created_at, ended=answer.settled_at)
        for line in text.splitlines():
            Screen.open().print_line(line)
    return exit_code_of(answer)
