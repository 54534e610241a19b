"""Read a document from where its job says that it is: a bucket, the web, or the worker's own object store."""

from collections.abc import AsyncGenerator, Callable
from typing import Final

from contract.job import UPLOAD_SCHEME

from .bucket import BUCKET_SCHEME

type ReadAddress = Callable[[str], AsyncGenerator[bytes]]


class Sources:
    """Chooses by the address."""

    def __init__(self, *, web: ReadAddress, bucket: ReadAddress, upload: ReadAddress) -> None:
        self._web: Final = web
        self._by_scheme: Final = {BUCKET_SCHEME: bucket, UPLOAD_SCHEME: upload}

    def __call__(self, address: str) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece."""
        scheme = next((one for one in self._by_scheme if address.startswith(one)), None)
        return self._by_scheme[scheme](address) if scheme else self._web(address)
