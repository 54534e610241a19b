"""The documents that the site serves: the samples, and the files of a folder. It reads plain file names only."""

from collections.abc import Iterator, Mapping
from pathlib import Path


class Inbox(Mapping[str, bytes]):
    """The given documents, and the files that are in the folder at the time of a request."""

    def __init__(self, folder: Path, documents: Mapping[str, bytes]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._documents = documents

    def __getitem__(self, name: str) -> bytes:
        if name in self._documents:
            return self._documents[name]
        if name not in self._names():  # refuses paths into other folders
            raise KeyError(name)
        return (self._folder / name).read_bytes()

    def __iter__(self) -> Iterator[str]:
        yield from self._documents
        yield from self._names()

    def __len__(self) -> int:
        return len(self._documents) + len(self._names())

    def _names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir() if path.is_file()}
