"""Prints for users and scripts: results on stdout, everything else on stderr, so that a pipe receives results only.

Text from elsewhere cannot control the terminal: characters that are not printable become `?`. A pipe gets whole lines
without color, a terminal folded ones; NO_COLOR and COLUMNS are respected.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self, TextIO

from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .errors import UserError

PIPE_COLUMNS: Final = 1_000  # a script finds each row on one line
VERDICT_STYLES: Final = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "dim"}


def replace_control_characters(text: str) -> str:
    """Replace every character that is not printable, such as those that move the cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)


@dataclass(frozen=True)
class Screen:
    """Both streams."""

    out: Console
    err: Console

    @classmethod
    def open(cls) -> Self:
        """Return the screen of this process."""
        return cls(_open_console(sys.stdout), _open_console(sys.stderr))

    def print_line(self, text: str, style: str = "") -> None:
        """Print a line of the result."""
        self.out.print(Text(replace_control_characters(text), style=style), soft_wrap=not self.out.is_terminal)

    def print_note(self, text: str) -> None:
        """Print a line for the user, which is not part of the result."""
        self.err.print(Text(replace_control_characters(text), style="dim"), soft_wrap=not self.err.is_terminal)

    def print_error(self, error: UserError) -> None:
        """Print why the command ends."""
        text = Text(replace_control_characters(f"longhand: {error}"))
        self.err.print(text, soft_wrap=not self.err.is_terminal)

    def print_json(self, value: JsonValue) -> None:
        """Print the result as JSON."""
        self.out.file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def print_table(self, rows: Iterable[Sequence[str]]) -> None:
        """Print rows in columns; the first column is never folded."""
        rows = [[replace_control_characters(cell) for cell in row] for row in rows]
        if not rows:
            return  # a table without rows would be an empty line
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for number in range(max(map(len, rows), default=0)):
            table.add_column(overflow="fold", no_wrap=number == 0)
        for row in rows:
            table.add_row(*(Text(cell, style=VERDICT_STYLES.get(cell.strip(), "")) for cell in row))
        self._write_table(table)

    def _write_table(self, table: Table) -> None:
        """Write it as it is to a terminal, and to a pipe without the padding of the last column."""
        if self.out.is_terminal:
            self.out.print(table)
            return
        with self.out.capture() as capture:
            self.out.print(table)
        self.out.file.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())

    def print_pairs(self, pairs: Mapping[str, str]) -> None:
        """Print names and values."""
        self.print_table(pairs.items())


def _open_console(stream: TextIO) -> Console:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, markup=False, width=PIPE_COLUMNS)
