"""`longhand doctor`: check every link of the system, and print the remedy of each problem."""

from collections.abc import Iterator
from typing import Annotated

import typer

from ops.check_report import print_results
from ops.doctor.check import CheckResult, run_checks
from ops.doctor.context import CheckContext
from ops.doctor.laptop_checks import CHECKS
from ops.doctor.server import DoctorServer
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import find_running, open_laptop_target, open_stack, open_target
from ops.target_options import TargetOptions

from .options import AsJson

ServerUrl = Annotated[
    str | None, typer.Option("--server", help="The address of a Resonate server that is reachable from here.")
]
ServerToken = Annotated[
    str | None, typer.Option(envvar="RESONATE_TOKEN", help="The token for the server.", show_default=False)
]
Quick = Annotated[bool, typer.Option("--quick", help="For a stack: do not start a worker to run its probe.")]


def doctor(
    options: TargetOptions,
    *,
    server: ServerUrl = None,
    server_token: ServerToken = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> int:
    """Check every link of the system, and print what to do about each problem.

    Exit code: 0 without problems, else 1.

    For example:

      longhand doctor

      longhand doctor --stack Longhand

      longhand doctor --json | jq -r '.[] | select(.verdict == "failed") | .remedy'
    """
    _require_used_addresses(options, server)
    screen = Screen.open()
    if options.stack:
        results = _check_stack(options, quick=quick)
    else:
        results = run_checks(_make_context(options, server, server_token), CHECKS)
    failed = print_results(screen, results, as_json=as_json)
    if not as_json:
        summary = f"{len(failed)} check{'s' * (len(failed) > 1)} failed." if failed else "No check failed."
        screen.print_line("")
        screen.print_line(summary)
    return ExitCode.FAILED if failed else ExitCode.OK


def _require_used_addresses(options: TargetOptions, server: str | None) -> None:
    """Refuse an address that no check would use."""
    if options.stack and server:
        remedy = "leave out --server, or --stack and LONGHAND_STACK"
        raise UserError(ExitCode.USAGE, "the server of a stack is private and cannot be checked from here", remedy)
    if options.url and not (options.stack or server):
        sentence = f"{options.url} alone does not show which server it uses"
        raise UserError(ExitCode.USAGE, sentence, "add --server URL, or --stack NAME")


def _check_stack(options: TargetOptions, *, quick: bool) -> Iterator[CheckResult]:
    from ops.doctor import stack_checks  # noqa: PLC0415 - half a second to import

    stack = open_stack(options)
    api = open_target(options).api
    context = stack_checks.StackContext(stack=stack, outputs=stack.read_outputs(), api=api, may_start_worker=not quick)
    return run_checks(context, stack_checks.CHECKS)


def _make_context(options: TargetOptions, server: str | None, token: str | None) -> CheckContext:
    if server and options.url:
        return CheckContext(api=open_target(options).api, server=DoctorServer(server, token), is_local=False)
    laptop = find_running(options.state)
    return CheckContext(
        api=open_laptop_target(laptop, options).api,
        server=DoctorServer(server or laptop.server, token),
        store=laptop.store if server is None else None,
        is_local=server is None,
    )
