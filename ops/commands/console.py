"""`longhand console`: serve the page for people on this machine, for a system on AWS or elsewhere."""

import asyncio
import os
import signal
from typing import Annotated

import typer

from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.screen import Screen
from ops.target import Target, open_target
from ops.target_options import TargetOptions


def console(
    options: TargetOptions,
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port to listen on.")] = 8090,
) -> int:
    """Serve the console on this machine until Ctrl-C, and sign what it asks with your own credentials.

    The page can do what you can do. Only this machine reaches it. `make serve` has the page at its own address.

    For example:

      longhand console --stack Longhand

      longhand console --url https://api.example.com --auth jwt
    """
    target = open_target(options)
    Screen.open().print_note(f"The console of {target.name} is at http://127.0.0.1:{port}/. Press Ctrl-C to stop.")
    try:
        asyncio.run(_serve(target, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise UserError(ExitCode.CONFIG, f"port {port} cannot be used ({reason})", "choose another --port") from None
    return 0


async def _serve(target: Target, port: int) -> None:
    from ops.console.console_server import serve_console  # noqa: PLC0415 - its HTTP library is imported by this command only

    stop = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, stop.set)
    await serve_console(target.api.url, target.api.auth, port, stop)
