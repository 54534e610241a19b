"""The commands, put together; their help is their docstrings.

Only the module of the command that was typed is imported: what needs AWS's library, which takes half a second, is not
in the way of what does not.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer

from .exit_codes import EXIT_MEANINGS
from .option_groups import expand_options

# In the order of --help; each is a function of the same name in a module of the same name.
COMMANDS: Final = ("submit", "status", "outputs", "doctor", "logs", "bootstrap", "deploy", "cost", "teardown")

_CODES: Final = "\n\n".join(f"{code:>4}  {meaning}" for code, meaning in EXIT_MEANINGS.items())
_HELP: Final = f"""Durable document work: submit, look, prove, deploy, tear down; on a laptop or on AWS.

Without --stack or --url a command is about the make serve that runs on this machine.

Exit codes:

{_CODES}"""


def make_app(words: Sequence[str]) -> typer.Typer:
    """Return the app with the command that is named, or with all of them when none is."""
    app = typer.Typer(
        rich_markup_mode=None,  # its boxes break the examples
        pretty_exceptions_enable=False,  # they would show the values of variables
        add_completion=False,
    )
    app.callback(help=_HELP)(_nothing_to_do)
    named = [word for word in words[:1] if word in COMMANDS]
    for name in named or COMMANDS:
        app.command(name)(expand_options(getattr(import_module(f"ops.commands.{name}"), name)))
    return app


def _nothing_to_do() -> None:
    """What belongs to every command is nothing: this makes one command a command, and not the whole app."""
