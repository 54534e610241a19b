"""Puts a file of this machine where the worker may read it: the folder that `make serve` serves, or the stack's bucket.

Its place is named after its content: the same file is put there once, and the job that reads it may be retried for
as long as it lies there. An address is left as it is.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from contract.names import INBOX

from .errors import UserError
from .exit_codes import ExitCode

_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Inbox(Protocol):
    """Where a file can be put."""

    def put(self, file: Path) -> str:
        """Put it there and return the address at which the worker finds it."""


@dataclass(frozen=True)
class NoInbox:
    """An API of which we know the address only."""

    def put(self, file: Path) -> str:
        """Refuse."""
        raise UserError(
            ExitCode.CONFIG, f"nobody knows where {file} could be put for this API", "name a URL, or a --stack"
        )


@dataclass(frozen=True)
class FolderInbox:
    """The folder whose documents `make serve` serves, also after a restart."""

    folder: Path
    url: str

    def put(self, file: Path) -> str:
        """Copy it; under its own name only when it is complete."""
        name, content = named(file)
        target = self.folder / name
        if not target.exists():
            half = self.folder / f".{name}.{os.getpid()}"
            try:
                half.write_bytes(content)
                half.replace(target)
            except OSError as error:
                with suppress(OSError):
                    half.unlink()
                sentence = f"{self.folder} cannot be written to ({error.strerror})"
                raise UserError(ExitCode.CONFIG, sentence, "make room on its disk, or allow it") from None
        return f"{self.url}/{name}"


@dataclass(frozen=True)
class BucketInbox:
    """The stack's bucket; the worker reads documents out of it because it is one of its SOURCE_BUCKETS."""

    client: Any  # boto3 has no types
    name: str

    def put(self, file: Path) -> str:
        """Upload it; S3 shows it only when it is complete, and knows the content by its checksum."""
        from .aws.errors import aws_errors  # noqa: PLC0415 - half a second to import

        name, content = named(file)
        key = f"{INBOX}/{name}"
        with aws_errors():
            self.client.put_object(Bucket=self.name, Key=key, Body=content, ChecksumAlgorithm="SHA256")
        return f"s3://{self.name}/{key}"


def named(file: Path) -> tuple[str, bytes]:
    """Read the file, and name it by its content."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UserError(ExitCode.USAGE, f"there is no file {file}") from None
    except IsADirectoryError:
        raise UserError(ExitCode.USAGE, f"{file} is a folder", "name the files in it, one at a time") from None
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{file} cannot be read ({error.strerror})") from None
    if not content:
        raise UserError(ExitCode.USAGE, f"{file} is empty")
    suffix = file.suffix if _EXTENSION.fullmatch(file.suffix) else ""
    return hashlib.sha256(content).hexdigest() + suffix.lower(), content
