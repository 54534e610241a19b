"""`longhand mcp`: tools for agents, by the Model Context Protocol."""

from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from ops.api import Api
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.job_options import JobOptions
from ops.target import open_target
from ops.target_options import TargetOptions


def mcp(
    options: TargetOptions,
    *,
    files: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="A folder whose files may be submitted; can be repeated. None by default."),
    ] = None,
    max_cost: Annotated[
        float,
        typer.Option(
            metavar="USD", min=0, max=10_000, help="The most that a job may cost; before more, it waits for a person."
        ),
    ] = 1.0,
    requester: Annotated[str | None, typer.Option(help="The requester's id; your user name by default.")] = None,
) -> int:
    """Serve tools for an agent on standard input and output, until it leaves.

    An agent's own program starts this command. The tools submit documents, estimate, list and wait for jobs, and read
    their results. None approves, raises a limit, cancels or erases.

    For example:

      longhand mcp --files ~/Documents/inbox

      longhand mcp --stack Longhand --max-cost 0.50
    """
    for folder in files or []:
        if not folder.is_dir():
            raise UserError(ExitCode.USAGE, f"{folder} is no folder", "name one with --files")

    from ops.agents.folders import Folders  # noqa: PLC0415 - the protocol's library takes a second to import
    from ops.agents.job_tools import JobTools  # noqa: PLC0415 - as above
    from ops.agents.stdio import serve  # noqa: PLC0415 - as above

    @cache
    def open_api() -> Api:
        return open_target(options).api

    job_options = JobOptions(requester=requester, max_cost=max_cost)
    serve(JobTools(open_api=open_api, options=job_options, folders=Folders(tuple(files or ()))))
    return ExitCode.OK
