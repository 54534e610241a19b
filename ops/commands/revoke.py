"""`longhand revoke`: revoke the result of a job."""

from typing import Annotated

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson, Yes, confirm


def revoke(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Revoke the result of a job that is done.

    The stored result is deleted, the job shows when it was revoked, and its requester gets a notice. Document and text
    stay. This cannot be undone. A job in another state is refused.

    For example:

      longhand revoke report-7
    """
    screen, target = Screen.open(), open_target(options)
    confirm(f"Revoke the result of {job_id} for good?", is_confirmed=yes)
    revoked = target.api.revoke(job_id)
    if as_json:
        screen.print_json(revoked.to_dict())
    else:
        screen.print_line(f"{job_id}: its result is revoked since {revoked.revoked_at}")
    return ExitCode.OK
