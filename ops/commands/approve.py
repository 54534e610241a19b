"""`longhand approve`: raise the cost limit of a job that waits for approval."""

from typing import Annotated

import typer

from contract.job import MAX_COST_USD
from ops.decisions import decide
from ops.target_options import TargetOptions

from .options import AsJson


def approve(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")],
    options: TargetOptions,
    *,
    max_cost: Annotated[
        float,
        typer.Option(metavar="USD", min=0, max=MAX_COST_USD, help="The new limit of the whole job."),
    ],
    as_json: AsJson = False,
) -> int:
    """Let a job that waits for approval continue, with a higher cost limit.

    `longhand status JOB` shows what the rest of the job would cost. If the new limit is too small, the job asks again.

    For example:

      longhand approve report-7 --max-cost 2.50
    """
    return decide(job_id, options, max_cost_usd=max_cost, as_json=as_json)
