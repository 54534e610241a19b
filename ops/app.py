"""Assembles the command line; the help of each command is its docstring.

Only the module of the requested command is imported: AWS's library takes half a second to import, and most commands
do not need it.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer

from .exit_codes import EXIT_MEANINGS
from .option_groups import expand_options

# In the order of --help; each is a function of the same name in a module of the same name.
COMMANDS: Final = (
    "submit",
    "upload",
    "batch",
    "schedule",
    "status",
    "list",
    "numbers",
    "watch",
    "result",
    "cancel",
    "retry",
    "revoke",
    "erase",
    "decide",
    "corrections",
    "why",
    "history",
    "deliveries",
    "redeliver",
    "keys",
    "invoke",
    "console",
    "mcp",
    "outputs",
    "doctor",
    "logs",
    "bootstrap",
    "deploy",
    "drain",
    "cost",
    "teardown",
)

_CODES: Final = "\n\n".join(f"{code:>4}  {meaning}" for code, meaning in EXIT_MEANINGS.items())
_HELP: Final = f"""Durable document work on a laptop or on AWS: submit, watch, check, deploy, tear down.

Without --stack or --url a command uses the `make serve` that runs on this machine.

Exit codes:

{_CODES}"""


def make_app(words: Sequence[str]) -> typer.Typer:
    """Return the app with the requested command, or with all commands when none is requested."""
    app = typer.Typer(
        rich_markup_mode=None,  # its boxes break the examples
        pretty_exceptions_enable=False,  # they would show the values of variables
        add_completion=False,
    )
    app.callback(help=_HELP)(_do_nothing)
    requested = [word for word in words[:1] if word in COMMANDS]
    for name in requested or COMMANDS:
        app.command(name)(expand_options(getattr(import_module(f"ops.commands.{name}"), name)))
    return app


def _do_nothing() -> None:
    """An empty callback: without it Typer turns a single command into the app itself."""
