"""Reads a local file, and uploads it."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode


@dataclass(frozen=True, kw_only=True)
class LocalFile:
    """The content of a file, as it was read once."""

    name: str
    content: bytes = field(repr=False)
    sha256: str


def read_file(file: Path) -> LocalFile:
    """Read a file that can be uploaded, or say why it cannot."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UserError(ExitCode.USAGE, f"there is no file {file}") from None
    except IsADirectoryError:
        raise UserError(ExitCode.USAGE, f"{file} is a folder", "name one of its files") from None
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{file} cannot be read ({error.strerror})") from None
    if not content:
        raise UserError(ExitCode.USAGE, f"{file} is empty")
    return LocalFile(name=file.name, content=content, sha256=hashlib.sha256(content).hexdigest())


def upload_file(api: Api, file: LocalFile) -> str:
    """Upload a file, unless the object store has it already; return the id of the upload."""
    return api.upload(file.name, file.content)
