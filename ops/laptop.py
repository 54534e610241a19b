"""Finds a running `make serve`: it writes its addresses into a file, and holds a lock on it for as long as it lives.

The lock is the kernel's, so a file that a killed process left behind deceives nobody.
"""

import fcntl
from pathlib import Path
from typing import Final, TextIO

from pydantic import ValidationError

from contract.model import Value

from .errors import UserError
from .exit_codes import ExitCode

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = ROOT / ".state" / "serve"
FILE: Final = "address.json"


class Laptop(Value):
    """Where the parts of the running system are."""

    api: str
    server: str
    store: Path
    documents: str  # what lies in `inbox` is served here, and the worker may read it
    inbox: Path


def find(state: Path) -> Laptop | None:
    """Return what runs, if something does."""
    try:
        with (state / FILE).open() as file:
            return Laptop.model_validate_json(file.read()) if _is_held(file) else None
    except (FileNotFoundError, ValidationError):
        return None
    except OSError as error:
        raise UserError(
            ExitCode.USAGE, f"{state} cannot be looked at ({error.strerror})", "name another --state"
        ) from None


def _is_held(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
