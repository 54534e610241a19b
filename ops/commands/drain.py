"""`longhand drain`: stop all workers of a stack until they are resumed."""

from typing import Annotated

import typer

from ops.aws.scaling import WorkerScaling
from ops.aws.session import open_session
from ops.aws.stack import Stack
from ops.aws.stack_outputs import Output
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target_options import StackOptions

from .options import read_default

Resume = Annotated[bool, typer.Option("--resume", help="Start the workers again.")]


def drain(cloud: StackOptions, *, resume: Resume = False) -> int:
    """Stop all workers of a stack, and keep the autoscaling from starting others.

    Running steps get 20 seconds, and their jobs are released. Jobs are still accepted, and wait. Nothing is paid to
    providers meanwhile.

    For example:

      longhand drain --stack Longhand

      longhand drain --stack Longhand --resume
    """
    stack = Stack(open_session(cloud), cloud.stack or read_default("stack"))
    outputs, screen = stack.read_outputs(), Screen.open()
    scalings = [
        WorkerScaling(session=stack.session, cluster=outputs[Output.CLUSTER], service=service)
        for service in outputs.list_cells(Output.WORKER_TASKS).values()
    ]
    if resume:
        count = sum(scaling.resume() for scaling in scalings)
        screen.print_line(f"Workers of {stack.name}: {count} start, and the autoscaling adds more.")
    else:
        for scaling in scalings:
            scaling.drain()
        screen.print_line(f"Workers of {stack.name}: all stop within a minute, and no other starts.")
        screen.print_line(f"Resume them: ./longhand drain --stack {stack.name} --resume")
    return ExitCode.OK
