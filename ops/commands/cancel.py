"""`longhand cancel`: cancel a job."""

from typing import Annotated

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson


def cancel(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    as_json: AsJson = False,
) -> int:
    """Cancel a job.

    No further step of it starts, and the notice of its end follows within a minute. A step that runs may still finish.
    Canceling a canceled job again is no error; a job that has ended otherwise is refused.

    For example:

      longhand cancel report-7
    """
    screen, target = Screen.open(), open_target(options)
    answer = target.api.cancel(job_id)
    if as_json:
        screen.print_json(answer.to_dict())
    else:
        screen.print_line(f"{job_id}: canceled")
    return ExitCode.OK
