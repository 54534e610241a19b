"""Writes the console's files into the bucket, and the identity provider into the page's head.

The page is written last, so that all files that it names exist. Then outdated files are deleted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from contract import console_page
from contract.console_page import SignIn

FOLDER: Final = Path(__file__).resolve().parents[2] / console_page.FOLDER


@dataclass(frozen=True)
class PageFile:
    """A file as the bucket keeps it."""

    key: str
    content: bytes
    media_type: str


class PageBucket(Protocol):
    """The bucket of the page."""

    def put(self, file: PageFile) -> None:
        """Write a file."""

    def list(self) -> set[str]:
        """Return the keys of all files."""

    def delete(self, keys: set[str]) -> None:
        """Delete these files."""


def publish(bucket: PageBucket, sign_in: SignIn, folder: Path = FOLDER) -> None:
    """Make the bucket hold the page and nothing else."""
    files = list(_read_files(folder, sign_in))
    for file in files:
        bucket.put(file)
    bucket.delete(bucket.list() - {file.key for file in files})


def _read_files(folder: Path, sign_in: SignIn) -> Iterator[PageFile]:
    for path, file in console_page.list_files(folder).items():
        content = file.read_bytes()
        if file.name == console_page.INDEX:
            content = console_page.name_sign_in(content.decode(), sign_in).encode()
        yield PageFile(path.lstrip("/") or console_page.INDEX, content, console_page.media_type(file))
