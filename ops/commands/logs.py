"""`longhand logs`: show the log of one program of the system."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from contract.cells import FIRST_CELL, MAX_CELLS
from ops.durations import parse_seconds
from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.log_file import follow_lines, read_lines
from ops.screen import Screen
from ops.target import find_running, open_stack
from ops.target_options import SystemOptions


class Part(StrEnum):
    """A program that logs."""

    API = "api"
    WORKER = "worker"
    SERVER = "server"
    KEEPER = "keeper"
    FUNCTIONS = "functions"


_FILES: Final = {
    Part.API: "gateway.log",
    Part.WORKER: "worker.log",
    Part.SERVER: "server/server.log",
    Part.KEEPER: "keeper.log",
    Part.FUNCTIONS: "functions.log",
}
_DEFAULT_SINCE: Final = "10m"


def logs(
    part: Annotated[Part, typer.Argument(help="The program.")],
    system: SystemOptions,
    *,
    since: Annotated[
        str | None, typer.Option(help="How far back, for a stack: 90s, 10m, 2h, 1d.", show_default=_DEFAULT_SINCE)
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show new lines until Ctrl-C.")] = False,
    cell: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_CELLS, help="The cell of the program; the first by default.", show_default=False),
    ] = None,
) -> int:
    """Show the log of one program. For make serve this is a whole file whose lines have their own timestamps.

    For example:

      longhand logs worker --stack Longhand --since 1h

      longhand logs worker --follow | grep '"level": "error"'
    """
    if part is Part.API and cell:
        raise UserError(ExitCode.USAGE, "the API is in no cell: all cells have one", "leave out --cell")
    if since is not None and not system.stack:
        sentence = "--since is for a stack: the log of make serve is shown whole"
        raise UserError(ExitCode.USAGE, sentence, "leave out --since, or add --stack NAME")
    screen = Screen.open()
    read = partial(_read_stack, since=_DEFAULT_SINCE if since is None else since) if system.stack else _read_file
    lines = read(system, part, cell=str(cell or FIRST_CELL), follow=follow)
    try:
        for line in lines:
            screen.print_line(line)
    except KeyboardInterrupt:
        return ExitCode.OK
    return ExitCode.OK


def _read_file(system: SystemOptions, part: Part, *, cell: str, follow: bool) -> Iterator[str]:
    cells = [str(number) for number in range(1, find_running(system.state).cells + 1)]
    if cell not in cells:
        raise UserError(ExitCode.CONFIG, f"make serve has no cell {cell}", f"its cells are {', '.join(cells)}")
    folder: Path = system.state if cell == FIRST_CELL else system.state / f"cell-{cell}"
    path = folder / _FILES[part]
    return follow_lines(path) if follow else read_lines(path)


def _read_stack(system: SystemOptions, part: Part, *, since: str, cell: str, follow: bool) -> Iterator[str]:
    from ops.aws.logs import LogGroup  # noqa: PLC0415 - half a second to import
    from ops.aws.stack_outputs import Output  # noqa: PLC0415 - as above

    groups = {
        Part.API: Output.TRIGGER_LOG,
        Part.WORKER: Output.WORKER_LOG,
        Part.SERVER: Output.SERVER_LOG,
        Part.KEEPER: Output.KEEPER_LOG,
        Part.FUNCTIONS: Output.FUNCTIONS_LOG,
    }
    start = int((time.time() - parse_seconds(since)) * 1000)
    stack = open_stack(system)
    outputs, name = stack.read_outputs(), groups[part]
    group = outputs[name] if part is Part.API else outputs.of_cell(name, cell)
    log = LogGroup(stack.session.client("logs"), group)
    for line in log.follow(start) if follow else log.read(start):
        yield f"{datetime.fromtimestamp(line.at / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {line.text}"
