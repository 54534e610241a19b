"""Finds a running `make serve`: it writes its addresses into a file, and holds a lock on it for as long as it lives.

The lock is the kernel's, so a file that a killed process left behind deceives nobody.
"""

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from contract.model import Value

ROOT: Final = Path(__file__).resolve().parent.parent
STATE: Final = ROOT / ".state" / "serve"
FILE: Final = "address.json"


class Laptop(Value):
    """Where the parts of the running system are."""

    api: str
    engine: str
    store: Path
    documents: str  # what lies in `inbox` is served here, and the worker may read it
    inbox: Path


def find(state: Path) -> Laptop | None:
    """Return what runs, if something does."""
    with suppress(FileNotFoundError, ValidationError), (state / FILE).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Laptop.model_validate_json(file.read())
    return None
