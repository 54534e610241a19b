"""Documents from S3, out of what is allowed by name: the worker may read more than its clients should.

A name is that of a bucket, or of a folder in one: `letters`, `letters/incoming/`.
"""

from collections.abc import AsyncGenerator, Callable, Collection
from typing import Final

from obstore.exceptions import BaseError, InvalidPathError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore

from contract.codes import Code
from durable import PermanentError, TemporaryError
from worker.adapters.object_store import open_objects, read_objects
from worker.providers.retries import MAX_UNANSWERED_TRIES

_SCHEME: Final = "s3://"


class Buckets:
    """Opens a bucket when a document is in it; how is a parameter."""

    def __init__(self, allowed: Collection[str], opened: Callable[[str], ObjectStore] = open_objects) -> None:
        # With the slash at the end, or `letters/in` would allow `letters/internal`.
        self._allowed: Final = tuple(f"{name.rstrip('/')}/" for name in allowed)
        self._opened: Final = opened

    async def read(self, url: str) -> AsyncGenerator[bytes]:
        """Give the document piece by piece."""
        bucket, _, key = url.removeprefix(_SCHEME).partition("/")
        if not f"{bucket}/{key}".startswith(self._allowed):
            raise PermanentError(Code.URL_REFUSED, f"documents may not come from there in the bucket {bucket}")
        if not key:
            raise PermanentError(Code.URL_REFUSED, "the url names a bucket, and no object in it")
        try:
            async for piece in read_objects(self._opened(_SCHEME + bucket), key):
                yield piece
        except FileNotFoundError as exc:
            raise PermanentError(Code.NOT_FOUND, "there is no such object") from exc
        except (PermissionDeniedError, UnauthenticatedError) as exc:
            raise PermanentError(Code.FORBIDDEN, "the bucket does not let us read it") from exc
        except (InvalidPathError, ValueError) as exc:
            raise PermanentError(Code.URL_REFUSED, "this is not an object's key") from exc
        except (BaseError, OSError) as exc:
            message = f"the bucket did not answer well: {type(exc).__name__}"
            raise TemporaryError(Code.UNAVAILABLE, message, after=0.0, tries=MAX_UNANSWERED_TRIES) from exc


class Sources:
    """Reads an address with whatever it is for."""

    def __init__(
        self, web: Callable[[str], AsyncGenerator[bytes]], bucket: Callable[[str], AsyncGenerator[bytes]]
    ) -> None:
        self._web: Final = web
        self._bucket: Final = bucket

    def __call__(self, url: str) -> AsyncGenerator[bytes]:
        """Give the document piece by piece."""
        return self._bucket(url) if url.startswith(_SCHEME) else self._web(url)
