"""Where a client reads an object of the store: a signed address on AWS, a path of the gateway on a laptop.

No content passes through the function, so its size has no limit. A signed address needs no credentials: any program
that learns it can read the object, so it is short-lived.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from contract.object_keys import OBJECTS_PATH

LINK_SECONDS: Final = 300  # a client follows a link at once


@dataclass(frozen=True, kw_only=True)
class FileAddress:
    """An address, and how many seconds it works."""

    url: str
    seconds: int | None = None


class FileAddresses(Protocol):
    """Makes the address of an object."""

    def make(self, key: str) -> FileAddress:
        """Return the address of an object. It makes no request."""


class BucketAddresses:
    """Addresses that are signed with the function's own credentials, and so permit no more than its role."""

    def __init__(self, url: str) -> None:
        self._url: Final = url

    def make(self, key: str) -> FileAddress:
        """Sign an address."""
        import obstore  # noqa: PLC0415 - most containers never need it
        from obstore.store import S3Store  # noqa: PLC0415 - as above

        bucket = S3Store.from_url(self._url, client_options={"allow_http": True})
        return FileAddress(
            url=obstore.sign(bucket, "GET", key, expires_in=timedelta(seconds=LINK_SECONDS)), seconds=LINK_SECONDS
        )


class FolderAddresses:
    """Paths at which the gateway streams the files of the folder."""

    def make(self, key: str) -> FileAddress:
        """Return the path."""
        return FileAddress(url=f"{OBJECTS_PATH}{key}")


def open_addresses(store_url: str) -> FileAddresses:
    """Return the addresses of a store."""
    return BucketAddresses(store_url) if store_url.startswith("s3:") else FolderAddresses()
