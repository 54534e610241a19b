"""`longhand reject`: refuse what a job waits for."""

from typing import Annotated

import typer

from ops.decisions import decide
from ops.target_options import TargetOptions

from .options import AsJson


def reject(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    as_json: AsJson = False,
) -> int:
    """Refuse what a job waits for. The job then fails, with the code cost_limit.

    For example:

      longhand reject report-7
    """
    return decide(job_id, options, max_cost_usd=None, as_json=as_json)
