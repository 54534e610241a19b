"""`longhand retry`: run the request of a failed or canceled job again."""

from typing import Annotated

import typer

from ops.job_watch import EXIT_CODES
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson
from .status import watch_and_print


def retry(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, and show the result.")] = False,
    as_json: AsJson = False,
) -> int:
    """Run the request of a job again that has failed or is canceled.

    The retry is a job of its own, with the id JOB-retry-1. A second call finds the same one: to try again what has
    failed twice, retry the retry. A job in another state is refused.

    Exit code: as of longhand status, for the new job.

    For example:

      longhand retry report-7

      longhand retry report-7-retry-1 --wait
    """
    screen, target = Screen.open(), open_target(options)
    accepted = target.api.retry(job_id)
    if wait:
        screen.print_note(f"{job_id} is tried again as {accepted.id}")
        return watch_and_print(screen, target, accepted.id, as_json=as_json)
    if as_json:
        screen.print_json(accepted.to_dict())
    else:
        screen.print_line(f"{accepted.id}: {accepted.state}")
    return EXIT_CODES[accepted.state]
