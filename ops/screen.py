"""What a person sees. Results go to stdout and all else to stderr, so that a pipe gets results only.

Nothing that came from elsewhere can steer the terminal: what is no printable character is shown as `?`. A pipe gets
whole lines without colour, a narrow terminal gets folded ones; NO_COLOR and COLUMNS are respected.
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

WIDE: Final = 1_000  # columns of what is no terminal: a script finds a row in one line
MARKS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "dim"}


def plain(text: str) -> str:
    """Leave out what could move the cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)


@dataclass(frozen=True)
class Screen:
    """Both streams."""

    out: Console
    err: Console

    @classmethod
    def open(cls) -> Self:
        """The screen of this process."""
        return cls(_console(sys.stdout), _console(sys.stderr))

    def print_line(self, text: str, style: str = "") -> None:
        """Print a line of the result."""
        self.out.print(Text(plain(text), style=style), soft_wrap=not self.out.is_terminal)

    def print_note(self, text: str) -> None:
        """Print what is no result."""
        self.err.print(Text(plain(text), style="dim"), soft_wrap=not self.err.is_terminal)

    def print_error(self, error: UserError) -> None:
        """Print why the command ends."""
        self.err.print(Text(plain(f"longhand: {error}")), soft_wrap=not self.err.is_terminal)

    def print_json(self, value: JsonValue) -> None:
        """Print for a program."""
        self.out.file.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    def print_table(self, rows: Iterable[Sequence[str]], heads: Sequence[str] = ()) -> None:
        """Print rows in columns; the first column is never folded."""
        rows = [[plain(cell) for cell in row] for row in rows]
        table = Table(box=None, show_header=bool(heads), pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for number in range(max((len(row) for row in [*rows, heads]), default=0)):
            head = heads[number] if number < len(heads) else ""
            table.add_column(head, overflow="fold", no_wrap=number == 0)
        for row in rows:
            table.add_row(*(Text(cell, style=MARKS.get(cell.strip(), "")) for cell in row))
        self._write_table(table)

    def _write_table(self, table: Table) -> None:
        """A terminal gets it as it is; a pipe without the blanks that fill up the last column."""
        if self.out.is_terminal:
            self.out.print(table)
            return
        with self.out.capture() as capture:
            self.out.print(table)
        self.out.file.writelines(f"{line.rstrip()}\n" for line in capture.get().splitlines())

    def print_pairs(self, pairs: Mapping[str, str]) -> None:
        """Print names and values."""
        self.print_table(pairs.items())


def _console(stream: TextIO) -> Console:
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(file=stream, highlight=False, markup=False, width=WIDE)
