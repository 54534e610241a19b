"""The secrets of a system on a laptop: each is made once, in a file that only the user can read."""

import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from contract.decision_link import KEY_PREFIX
from ops.laptop import DECISION_KEY_FILE, WEBHOOK_SECRET_FILE

_BYTES = 32


def read_webhook_secret(folder: Path) -> str:
    """Return the secret that signs events."""
    return _read(folder / WEBHOOK_SECRET_FILE, lambda: secrets.token_urlsafe(_BYTES))


def read_decision_key(folder: Path) -> str:
    """Return the key of links to decisions, and of webhooks that answer them."""
    return _read(folder / DECISION_KEY_FILE, lambda: KEY_PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode())


def _read(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in a file; make it if there is none."""
    with suppress(FileExistsError), os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(make())
    return path.read_text()
