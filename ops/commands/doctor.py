"""`longhand doctor`: does the whole chain hold, and if not, what helps?"""

from collections.abc import Iterator
from typing import Annotated

import typer

from ops.check_report import report
from ops.doctor.check import CheckResult, examine
from ops.doctor.context import CheckContext
from ops.doctor.engine import Engine
from ops.doctor.laptop_checks import CHECKS
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import open_laptop, open_stack, open_target, running
from ops.target_options import TargetOptions

from .options import AsJson

EngineUrl = Annotated[
    str | None, typer.Option("--engine", help="A Resonate server by its address, when it can be reached from here.")
]
EngineToken = Annotated[
    str | None, typer.Option(envvar="RESONATE_TOKEN", help="The token for the engine.", show_default=False)
]


Quick = Annotated[bool, typer.Option("--quick", help="Of a stack: start no worker that proves itself.")]


def doctor(
    where: TargetOptions,
    *,
    engine: EngineUrl = None,
    engine_token: EngineToken = None,
    quick: Quick = False,
    as_json: AsJson = False,
) -> int:
    """Look at every link of the chain, and say what helps where one does not hold.

    Exit code: 0 when everything holds, 1 when something does not.

    For example:

      longhand doctor

      longhand doctor --stack Longhand

      longhand doctor --json | jq -r '.[] | select(.verdict == "failed") | .remedy'
    """
    _refuse(where, engine)
    screen = Screen.open()
    findings = _of_stack(where, quick=quick) if where.stack else examine(_scene(where, engine, engine_token), CHECKS)
    failed = report(screen, findings, as_json=as_json)
    if not as_json:
        screen.print_line("")
        screen.print_line(f"{len(failed)} failed." if failed else "Everything holds.")
    return ExitCode.FAILED if failed else ExitCode.OK


def _refuse(where: TargetOptions, engine: str | None) -> None:
    """An address that nobody would look at, and of which nobody would say so."""
    if where.stack and engine:
        remedy = "leave --engine out, or --stack (and LONGHAND_STACK)"
        raise UserError(
            ExitCode.USAGE, "the engine of a stack is in a network of its own, and looked at from within", remedy
        )
    if where.url and not (where.stack or engine):
        raise UserError(
            ExitCode.USAGE, f"{where.url} alone says not which system it is of", "add --engine URL, or --stack NAME"
        )


def _of_stack(where: TargetOptions, *, quick: bool) -> Iterator[CheckResult]:
    from ops.doctor import cloud_checks  # noqa: PLC0415 - half a second to import

    stack = open_stack(where)
    api = open_target(where).api
    scene = cloud_checks.StackContext(stack=stack, outputs=stack.outputs(), api=api, may_start=not quick)
    return examine(scene, cloud_checks.CHECKS)


def _scene(where: TargetOptions, engine: str | None, token: str | None) -> CheckContext:
    if engine and where.url:
        return CheckContext(api=open_target(where).api, engine=Engine(engine, token), only_here=False)
    found = running(where.state)
    target = open_laptop(found, where)
    return CheckContext(
        api=target.api,
        engine=Engine(engine or found.server, token),
        store=found.store if engine is None else None,
        only_here=engine is None,
    )
