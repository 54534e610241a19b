"""`longhand erase`: erase a job."""

from typing import Annotated

import typer

from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_target
from ops.target_options import TargetOptions

from .options import AsJson, Yes, confirm


def erase(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """Erase a job that has ended: document, text, result, and the answers that were paid for.

    No route shows the job from then on, and its id stays taken. This cannot be undone. A running job is refused: cancel
    it first. Each retry is a job of its own, to be erased by itself.

    For example:

      longhand erase report-7

      longhand erase report-7 --yes --stack Longhand
    """
    screen, target = Screen.open(), open_target(options)
    confirm(f"Erase {job_id} with its document and result for good?", is_confirmed=yes)
    erasing = target.api.erase(job_id)
    if as_json:
        screen.print_json(erasing.to_dict())
    else:
        screen.print_line(f"{job_id}: erased since {erasing.erased_at}")
    return ExitCode.OK
