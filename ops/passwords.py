"""Reads a document's password from a file or standard input, because process lists show the command line."""

import getpass
import sys
from pathlib import Path
from typing import Final, TextIO

from .errors import UserError
from .exit_codes import ExitCode

STDIN: Final = "-"
_BYTE_ORDER_MARK: Final = "\ufeff"  # Windows editors write it at the start of a file; it is not part of a password
_MAX_CHARACTERS: Final = 4_096  # a valid password has at most 127


def read_password(source: str) -> str:
    """Return the password without its line end; a terminal is prompted without echo."""
    if source == STDIN:
        if sys.stdin.isatty():
            return getpass.getpass("The document's password: ")
        return _read(sys.stdin)
    try:
        with Path(source).open(encoding="utf-8") as file:
            return _read(file)
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"the password cannot be read from {source} ({error.strerror})") from None


def _read(stream: TextIO) -> str:
    try:
        return stream.read(_MAX_CHARACTERS).removeprefix(_BYTE_ORDER_MARK).removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UserError(ExitCode.USAGE, "the password is not valid UTF-8") from None
