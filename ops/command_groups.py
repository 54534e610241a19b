"""Commands under one name, each with its own arguments and options: `longhand batch status`."""

from collections.abc import Mapping
from dataclasses import dataclass

from .option_groups import Command


@dataclass(frozen=True, kw_only=True)
class CommandGroup:
    """The commands of a name, and the help that they share."""

    help: str
    commands: Mapping[str, Command]
