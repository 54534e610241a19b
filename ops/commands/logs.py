"""`longhand logs`: what a part of the system writes."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.log_file import read, tail
from ops.screen import Screen
from ops.target import open_stack, running
from ops.target_options import SystemOptions

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Part(StrEnum):
    """What writes a log."""

    API = "api"
    WORKER = "worker"
    SERVER = "server"
    KEEPER = "keeper"


_FILES: Final = {
    Part.API: "gateway.log",
    Part.WORKER: "worker.log",
    Part.SERVER: "server/server.log",
}


def logs(
    part: Annotated[Part, typer.Argument(help="Whose.")],
    system: SystemOptions,
    *,
    since: Annotated[str, typer.Option(help="How far back: 90s, 10m, 2h, 1d (on AWS).")] = "10m",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
) -> int:
    """Show what a part of the system writes. Of make serve that is a file, whole; its lines have their own times.

    For example:

      longhand logs worker --stack Longhand --since 1h

      longhand logs worker --follow | grep '"level": "ERROR"'
    """
    screen = Screen.open()
    lines = _of_stack(system, part, since, follow=follow) if system.stack else _of_laptop(system, part, follow=follow)
    try:
        for line in lines:
            screen.print_line(line)
    except KeyboardInterrupt:
        return ExitCode.OK
    return ExitCode.OK


def _of_laptop(system: SystemOptions, part: Part, *, follow: bool) -> Iterator[str]:
    running(system.state)
    if part not in _FILES:
        raise UserError(ExitCode.USAGE, "make serve has no keeper", "name a --stack")
    path: Path = system.state / _FILES[part]
    return tail(path) if follow else read(path)


def _of_stack(system: SystemOptions, part: Part, since: str, *, follow: bool) -> Iterator[str]:
    from ops.aws.logs import Log  # noqa: PLC0415 - half a second to import
    from ops.aws.outputs import Output  # noqa: PLC0415 - as above

    groups = {
        Part.API: Output.TRIGGER_LOG,
        Part.WORKER: Output.WORKER_LOG,
        Part.SERVER: Output.SERVER_LOG,
        Part.KEEPER: Output.KEEPER_LOG,
    }
    start = int((time.time() - seconds(since)) * 1000)
    stack = open_stack(system)
    log = Log(stack.session.client("logs"), stack.outputs()[groups[part]])
    for line in log.follow(start) if follow else log.read(start):
        yield f"{datetime.fromtimestamp(line.at / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {line.text}"


def seconds(text: str) -> int:
    """Read a length of time."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise UserError(ExitCode.USAGE, f"--since {text} makes no sense", "say 90s, 10m, 2h or 1d")
    return int(found[1]) * _UNITS[found[2]]
