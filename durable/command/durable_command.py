"""The command `durable`: it passes the rest of its words to the module of a subcommand.

Each subcommand is a module with `main(arguments) -> exit code`, which is imported only if it is asked for: `durable
lint` reads source text, and must not pay for the SDK.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final


@dataclass(frozen=True)
class Subcommand:
    """A module of this package with `main`, and its line in the help."""

    module: str
    help: str


SUBCOMMANDS: Final = {
    "certify": Subcommand("certify_command", "kill a workflow's worker at each request, and compare how it ends"),
    "lint": Subcommand("lint_command", "find what breaks a replay in the source of workflows and steps"),
    "record": Subcommand("record_command", "write jobs from a server to files, to replay them later"),
    "replay": Subcommand("replay_command", "check that running jobs can go on with the present code"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="durable", description="Check durable workflows before they are deployed.")
    choices = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)
    for name, subcommand in SUBCOMMANDS.items():
        choices.add_parser(name, help=subcommand.help, add_help=False)
    chosen = SUBCOMMANDS[parser.parse_args(words[:1]).name]
    code: int = import_module(f"durable.command.{chosen.module}").main(words[1:])
    return code
