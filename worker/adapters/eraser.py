"""Deletes objects for good, also from a bucket that keeps versions: there each version and each marker is deleted.

A path that ends with a slash is a folder, and all objects below it are deleted. A missing object is not an error, so a
deletion may be repeated. The object store's own library cannot delete versions; boto3 can.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from .object_store import store_errors

_MAX_OBJECTS: Final = 1_000  # objects in a request
_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 60


class Erase(Protocol):
    """Deletes an object, or all objects below a folder."""

    async def __call__(self, path: str) -> int:
        """Delete it, and return the number of deleted objects and versions."""


class FolderEraser:
    """Deletes files."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    async def __call__(self, path: str) -> int:
        """Delete a file, or a folder with its files."""
        with store_errors():
            return await asyncio.to_thread(self._delete, self._folder / path)

    def _delete(self, path: Path) -> int:
        if not path.is_dir():
            count = int(path.exists())
            path.unlink(missing_ok=True)
            return count
        count = sum(one.is_file() for one in path.rglob("*"))
        shutil.rmtree(path)
        return count


class BucketEraser:
    """Deletes all versions of objects. `client` is boto3's, which has no types; `errors` are those that it raises."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 as boto3 has it
        *,
        bucket: str,
        prefix: str = "",
        errors: tuple[type[Exception], ...] = (),
        page_size: int = _MAX_OBJECTS,
    ) -> None:
        self._client: Final = client
        self._bucket: Final = bucket
        self._prefix: Final = prefix
        self._errors: Final = errors
        self._page_size: Final = page_size

    async def __call__(self, path: str) -> int:
        """Delete in a thread, page by page, until none is left."""
        with store_errors(), _as_os_error(*self._errors):
            return await asyncio.to_thread(self._delete, self._prefix + path)

    def _delete(self, key: str) -> int:
        count = 0
        while versions := self._list_versions(key):
            self._delete_some(versions)
            count += len(versions)
        return count

    def _list_versions(self, key: str) -> list[dict[str, str]]:
        """Return the first versions below the key; versions of the key itself come first."""
        page = self._client.list_object_versions(Bucket=self._bucket, Prefix=key, MaxKeys=self._page_size)
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        return [
            {"Key": one["Key"], "VersionId": one["VersionId"]}
            for one in found
            if key.endswith("/") or one["Key"] == key
        ]

    def _delete_some(self, versions: list[dict[str, str]]) -> None:
        answer = self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": versions, "Quiet": True})
        if refused := answer.get("Errors"):
            raise OSError(f"{len(refused)} objects were not deleted: {refused[0]['Code']}")


@contextmanager
def _as_os_error(*errors: type[Exception]) -> Iterator[None]:
    try:
        yield
    except errors as exc:
        raise OSError(str(exc)) from exc


def open_eraser(store_url: str) -> Erase:
    """Return what deletes in the store at this address."""
    if not store_url.startswith("s3:"):
        return FolderEraser(Path.from_uri(store_url))
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 it has no types, and a laptop does not need it
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # noqa: PLC0415

    address = urlsplit(store_url)
    folder = address.path.strip("/")
    limits = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 3})
    client = boto3.client("s3", config=limits)
    prefix = f"{folder}/" if folder else ""
    return BucketEraser(client, bucket=address.netloc, prefix=prefix, errors=(BotoCoreError, ClientError))
