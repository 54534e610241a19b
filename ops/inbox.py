"""Uploads a local file to where the worker can read it: the folder that `make serve` serves, or the stack's bucket.

The file is stored under the digest of its content: the same file is uploaded once, and a job can be retried for as
long as the file is kept.
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
    """Where local files are uploaded."""

    def put(self, file: Path) -> str:
        """Upload the file and return its address for the worker."""


@dataclass(frozen=True)
class NoInbox:
    """An API that is known by its address only."""

    def put(self, file: Path) -> str:
        """Refuse the file."""
        sentence = f"{file} cannot be uploaded: the API at this --url has no known inbox"
        raise UserError(ExitCode.CONFIG, sentence, "pass the document's URL, or name the --stack")


@dataclass(frozen=True)
class FolderInbox:
    """The folder whose files `make serve` serves; they survive its restart."""

    folder: Path
    url: str

    def put(self, file: Path) -> str:
        """Copy the file; it gets its final name once it is complete."""
        name, content = read_by_digest(file)
        target = self.folder / name
        if not target.exists():
            partial = self.folder / f".{name}.{os.getpid()}"
            try:
                partial.write_bytes(content)
                partial.replace(target)
            except OSError as error:
                with suppress(OSError):
                    partial.unlink()
                sentence = f"{self.folder} is not writable ({error.strerror})"
                raise UserError(ExitCode.CONFIG, sentence, "free disk space, or change its permissions") from None
        return f"{self.url}/{name}"


@dataclass(frozen=True)
class BucketInbox:
    """The stack's bucket; the worker may read it because it is one of its SOURCE_BUCKETS."""

    client: Any  # boto3 has no types
    name: str

    def put(self, file: Path) -> str:
        """Upload the file; S3 shows it once it is complete and its checksum matches."""
        from .aws.errors import aws_errors  # noqa: PLC0415 - half a second to import

        name, content = read_by_digest(file)
        key = f"{INBOX}/{name}"
        with aws_errors():
            self.client.put_object(Bucket=self.name, Key=key, Body=content, ChecksumAlgorithm="SHA256")
        return f"s3://{self.name}/{key}"


def read_by_digest(file: Path) -> tuple[str, bytes]:
    """Return a name made of the content's digest and the extension, and the content."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise UserError(ExitCode.USAGE, f"there is no file {file}") from None
    except IsADirectoryError:
        raise UserError(ExitCode.USAGE, f"{file} is a folder", "submit its files one by one") from None
    except OSError as error:
        raise UserError(ExitCode.USAGE, f"{file} cannot be read ({error.strerror})") from None
    if not content:
        raise UserError(ExitCode.USAGE, f"{file} is empty")
    suffix = file.suffix if _EXTENSION.fullmatch(file.suffix) else ""
    return hashlib.sha256(content).hexdigest() + suffix.lower(), content
