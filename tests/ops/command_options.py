"""The options of a command, for tests of pages and workflows that call it."""

from collections.abc import Sequence
from typing import Any

from typer.main import get_command

from ops.app import COMMANDS, make_app


def list_options(words: Sequence[str]) -> set[str]:
    """Return the options of the command that these words call: `list`, or `batch status` of a group."""
    assert words[0] in COMMANDS
    command: Any = get_command(make_app(words))
    rest = list(words)
    while commands := getattr(command, "commands", None):
        command = commands[rest.pop(0)]
    return {option for parameter in command.params for option in parameter.opts}
