"""`durable lint PATH ...`: print what breaks a replay, a line for each place."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from durable.lint.checker import lint_paths
from durable.lint.rules import RULES
from durable.lint.source import UnreadableSourceError

_FINDINGS_CODE: Final = 1
_UNREADABLE_CODE: Final = 2
_EXCEPTION: Final = "Allow one place with a comment on its line:  # durable: allow D05 the reason"
_CODES: Final = "Exit codes: 0 nothing found, 1 something found, 2 a path could not be read."


def main(arguments: Sequence[str]) -> int:
    """Print the findings; return 1 if there are any, or 2 if a path cannot be read."""
    options = _parse(arguments)
    try:
        findings, files = lint_paths(options.paths)
    except UnreadableSourceError as error:
        sys.stderr.write(f"durable lint: {error}\n")
        return _UNREADABLE_CODE
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    sys.stderr.write(f"{len(findings)} findings in {files} files\n")
    return _FINDINGS_CODE if findings else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    rules = "\n".join(f"  {rule.code}  {rule.problem}" for rule in RULES.values())
    parser = argparse.ArgumentParser(
        prog="durable lint",
        description="Find what breaks a replay in the source of workflows and steps. Nothing is imported or run.",
        epilog=f"rules:\n{rules}\n\n{_EXCEPTION}\n{_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder with all below it")
    return parser.parse_args(arguments)
