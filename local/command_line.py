"""Parses the command lines of the local programs. An invalid one ends the program with one sentence and exit code 2."""

import argparse
import os
from pathlib import Path
from typing import Never

_MAX_PORT = 65_535


class Parser(argparse.ArgumentParser):
    """A parser that prints the error without the usage."""

    def error(self, message: str) -> Never:
        """End the program with the error and exit code 2."""
        self.exit(2, f"{self.prog.rpartition('.')[2]}: {message}; see --help\n")


def parse_port(text: str, *, max_port: int = _MAX_PORT) -> int:
    """Parse a port number."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= max_port):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {max_port}, not {text[:20]!r}")
    return int(text)


def parse_first_port(text: str) -> int:
    """Parse a port number whose next one is used, too."""
    return parse_port(text, max_port=_MAX_PORT - 1)


def parse_folder(text: str) -> Path:
    """Parse the name of a folder, and make it. It must be writable."""
    folder = Path(text).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{folder} cannot be used as a folder ({error.strerror})") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"{folder} is not writable")
    return folder
