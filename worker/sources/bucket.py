"""Read documents from allowed buckets: the worker's role may read more of S3 than clients should.

The operator allows a bucket or a folder in one by its name: `letters`, `letters/incoming/`.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from obstore.exceptions import BaseError, InvalidPathError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore

from contract.codes import Code
from durable import PermanentError, TemporaryError
from worker.adapters.object_store import open_objects, read_objects
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS

BUCKET_SCHEME: Final = "s3://"


class Buckets:
    """Reads documents from the allowed buckets. Tests pass their own `open_bucket`."""

    def __init__(self, allowed: Collection[str], open_bucket: Callable[[str], ObjectStore] = open_objects) -> None:
        # With a slash at the end: else `letters/in` would allow `letters/internal`.
        self._allowed: Final = tuple(f"{name.rstrip('/')}/" for name in allowed)
        self._open_bucket: Final = open_bucket

    async def read(self, url: str) -> AsyncGenerator[bytes]:
        """Yield the document piece by piece."""
        bucket, _, key = url.removeprefix(BUCKET_SCHEME).partition("/")
        if not f"{bucket}/{key}".startswith(self._allowed):
            raise PermanentError(
                Code.URL_REFUSED,
                f"this part of the bucket {bucket} is not allowed: an operator adds it to SOURCE_BUCKETS",
            )
        if not key:
            raise PermanentError(Code.URL_REFUSED, "the URL names a bucket, but no object in it")
        with object_store_errors():
            async for piece in read_objects(self._open_bucket(BUCKET_SCHEME + bucket), key):
                yield piece


@contextmanager
def object_store_errors() -> Iterator[None]:
    """Raise errors with our codes for those of the object store."""
    try:
        yield
    except FileNotFoundError as exc:
        raise PermanentError(Code.NOT_FOUND, "the object does not exist") from exc
    except (PermissionDeniedError, UnauthenticatedError) as exc:
        raise PermanentError(
            Code.FORBIDDEN, "the worker may not read this object: check the permissions of its role"
        ) from exc
    except (InvalidPathError, ValueError) as exc:
        raise PermanentError(Code.URL_REFUSED, "the URL has no valid object key") from exc
    except (BaseError, OSError) as exc:
        message = f"the bucket could not be read: {type(exc).__name__}"
        raise TemporaryError(Code.UNAVAILABLE, message, after=0.0, durable_attempts=MAX_UNANSWERED_ATTEMPTS) from exc
