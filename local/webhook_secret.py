"""The secret that a system on a laptop signs events with: made once, and read by the user only."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from ops.laptop import WEBHOOK_SECRET_FILE

_BYTES = 32


def read_webhook_secret(folder: Path) -> str:
    """Return the secret in a system's folder; make it if there is none."""
    path = folder / WEBHOOK_SECRET_FILE
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(_BYTES))
    return path.read_text()
