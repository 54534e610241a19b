"""Read a document from the source that its job names: a bucket, the web, or the worker's own object store."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

from contract.inbox import INBOX_SCHEME
from contract.job import UPLOAD_SCHEME

from .bucket import BUCKET_SCHEME
from .own_store import OwnStore

type ReadAddress = Callable[[str], AsyncGenerator[bytes]]


class Sources:
    """Chooses by the address."""

    def __init__(self, *, web: ReadAddress, bucket: ReadAddress, own: OwnStore) -> None:
        self._web: Final = web
        self._by_scheme: Final[Mapping[str, ReadAddress]] = {
            BUCKET_SCHEME: bucket,
            UPLOAD_SCHEME: own.read_upload,
            INBOX_SCHEME: own.read_inbox_file,
        }

    def __call__(self, address: str) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece."""
        scheme = next((one for one in self._by_scheme if address.startswith(one)), None)
        return self._by_scheme[scheme](address) if scheme else self._web(address)
