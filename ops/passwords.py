"""Reads a document's password from a file or from standard input: the command line is shown in lists of processes."""

import getpass
import sys
from pathlib import Path
from typing import Final, TextIO

from .errors import UserError
from .exit_codes import ExitCode

STDIN: Final = "-"
_MARK: Final = "\ufeff"  # with which editors of Windows begin a file; nobody's password does
_MOST: Final = 4_096  # characters that are read; a password has 127 at most


def read_password(source: str) -> str:
    """Return it without the line's end; in a terminal it is asked for, and not shown."""
    if source == STDIN:
        if sys.stdin.isatty():
            return getpass.getpass("The document's password: ")
        return _line(sys.stdin)
    try:
        with Path(source).open(encoding="utf-8") as file:
            return _line(file)
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"the password cannot be read from {source} ({error.strerror})") from None


def _line(stream: TextIO) -> str:
    try:
        return stream.read(_MOST).removeprefix(_MARK).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UserError(ExitCode.USAGE, "the password is no text in UTF-8") from None
