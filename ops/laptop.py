"""Finds a running `make serve` by the file that it writes its addresses to.

`make serve` holds a lock on that file while it runs. The kernel releases the lock, so a file left behind by a killed
process is recognized.
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
WEBHOOK_SECRET_FILE: Final = "webhook-secret"  # noqa: S105 the name of the file
DECISION_KEY_FILE: Final = "decision-key"


class Laptop(Value):
    """The addresses of a running `make serve`."""

    api: str
    server: str
    store: Path
    documents: str  # serves the sample documents, which the worker may read
    cells: int


def find_laptop(state: Path) -> Laptop | None:
    """Return the running `make serve` of a state folder, or None."""
    try:
        with (state / FILE).open() as file:
            return Laptop.model_validate_json(file.read()) if _is_locked(file) else None
    except (FileNotFoundError, ValidationError):
        return None
    except OSError as error:
        sentence = f"{state} cannot be read ({error.strerror})"
        raise UserError(ExitCode.USAGE, sentence, "name another folder with --state") from None


def _is_locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
