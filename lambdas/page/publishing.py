"""Writes the console's files into the bucket, and the identity provider into the page's head.

Each version of the files has its own folder, and the latest versions are kept: an open tab loads a module when it first
needs it, and all its modules must be of one version. The page is written last, so that all files that it names exist.
Then outdated files are deleted.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from contract import console_page
from contract.console_page import SignIn

MAX_VERSIONS: Final = 4  # the present one, and those that open tabs may still load from
_VERSION_CHARACTERS: Final = 16
_NO_VERSION: Final = ""  # the page has no versions
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

    def list(self) -> Mapping[str, datetime]:
        """Return when each file was written, by its key."""

    def delete(self, keys: set[str]) -> None:
        """Delete these files."""


def publish(bucket: PageBucket, sign_in: SignIn, folder: Path = FOLDER) -> None:
    """Write this version of the files and the page, and delete the versions that are too old."""
    contents = {path: file.read_bytes() for path, file in console_page.list_files(folder).items()}
    version = _make_version(contents)
    for path, content in contents.items():
        bucket.put(_make_file(path, content, version, sign_in))
    bucket.delete(find_outdated(bucket.list(), version))


def find_outdated(written: Mapping[str, datetime], version: str) -> set[str]:
    """Return the files of all versions but this one and the latest ones before it."""
    times: dict[str, datetime] = {}
    for key, at in written.items():
        name = _find_version(key)
        times[name] = max(at, times.get(name, at))
    kept = sorted(times.keys() - {version, _NO_VERSION}, key=times.__getitem__, reverse=True)[: MAX_VERSIONS - 1]
    return {key for key in written if _find_version(key) not in {*kept, version, _NO_VERSION}}


def _make_version(contents: Mapping[str, bytes]) -> str:
    digests = [f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in contents.items()]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:_VERSION_CHARACTERS]


def _make_file(path: str, content: bytes, version: str, sign_in: SignIn) -> PageFile:
    if path == console_page.PAGE_PATH:
        page = console_page.name_version(console_page.name_sign_in(content.decode(), sign_in), version)
        return PageFile(console_page.INDEX, page.encode(), console_page.media_type(Path(console_page.INDEX)))
    name = path.removeprefix(f"/{console_page.FOLDER}/")
    return PageFile(f"{console_page.FOLDER}/{version}/{name}", content, console_page.media_type(Path(name)))


def _find_version(key: str) -> str:
    return key.partition("/")[2].partition("/")[0]
