"""Assembles the command line; the help of each command is its docstring.

Only the module of the requested command is imported: AWS's library takes half a second to import, and most commands
do not need it.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer
from typer.core import TyperGroup

from .command_groups import CommandGroup
from .exit_codes import EXIT_MEANINGS
from .option_groups import Command, expand_options

# In the order of --help; each is a function, or a group of them, of the same name in a module of the same name.
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


class _OrderedGroup(TyperGroup):
    """Lists the commands in our order; Typer would list groups of commands last."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - the name is Typer's
        return [name for name in COMMANDS if name in self.commands]


def make_app(words: Sequence[str]) -> typer.Typer:
    """Return the app with the requested command, or with all commands when none is requested."""
    app = _make_group(_HELP, _OrderedGroup)
    requested = [word for word in words[:1] if word in COMMANDS]
    for name in requested or COMMANDS:
        _add(app, name, getattr(import_module(f"ops.commands.{name}"), name))
    return app


def _make_group(help_text: str, kind: type[TyperGroup] = TyperGroup) -> typer.Typer:
    group = typer.Typer(
        cls=kind,
        rich_markup_mode=None,  # its boxes break the examples
        pretty_exceptions_enable=False,  # they would show the values of variables
        add_completion=False,
    )
    group.callback(help=help_text)(_do_nothing)
    return group


def _add(app: typer.Typer, name: str, command: Command | CommandGroup) -> None:
    if not isinstance(command, CommandGroup):
        app.command(name)(expand_options(command))
        return
    group = _make_group(command.help)
    for own_name, own in command.commands.items():
        _add(group, own_name, own)
    app.add_typer(group, name=name)


def _do_nothing() -> None:
    """An empty callback: without it Typer turns a single command into the app itself."""
