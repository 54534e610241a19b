"""How the programs of the laptop read their command lines: what makes no sense is one sentence, and exit code 2."""

import argparse
import os
from pathlib import Path
from typing import Never

_HIGHEST = 65_535


class Parser(argparse.ArgumentParser):
    """Says what is wrong, and not the whole usage with it."""

    def error(self, message: str) -> Never:
        """End the program."""
        self.exit(2, f"{self.prog.rpartition('.')[2]}: {message}; see --help\n")


def port(text: str, *, highest: int = _HIGHEST) -> int:
    """Read the number of a port."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= highest):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to {highest}, not {text[:20]!r}")
    return int(text)


def first_port(text: str) -> int:
    """Read the number of a port that the next one is used with."""
    return port(text, highest=_HIGHEST - 1)


def folder(text: str) -> Path:
    """Read the name of a folder that can be written to; it is made."""
    made = Path(text).resolve()
    try:
        made.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{made} can be no folder ({error.strerror})") from error
    if not os.access(made, os.W_OK | os.X_OK):
        raise argparse.ArgumentTypeError(f"{made} cannot be written to")
    return made
