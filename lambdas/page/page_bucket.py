"""The bucket of the page in S3."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

import boto3  # type: ignore[import-untyped] # it has no types of its own
from botocore.config import Config  # type: ignore[import-untyped] # as above
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # as above

from contract.console_page import CACHE_CONTROL
from lambdas.resource.denials import DenialRetry, error_code
from lambdas.resource.errors import ResourceError

from .publishing import PageFile

_LIMITS: Final = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
_RESERVED_SECONDS: Final = 10.0  # kept of the time to work in, for what follows a denied call
_GONE_CODE: Final = "NoSuchBucket"

type Client = Any  # boto3 has no types


class S3Bucket:
    """A bucket, by its name."""

    def __init__(self, client: Client, name: str, retry: DenialRetry) -> None:
        self._client: Final = client
        self._name: Final = name
        self._retry: Final = retry

    def put(self, file: PageFile) -> None:
        """Write a file."""
        self._call(
            "write",
            lambda: self._client.put_object(
                Bucket=self._name,
                Key=file.key,
                Body=file.content,
                ContentType=file.media_type,
                CacheControl=CACHE_CONTROL,
            ),
        )

    def list(self) -> Mapping[str, datetime]:
        """Return when each file was written, by its key: none if the bucket is gone."""
        found = self._call("list", lambda: self._client.list_objects_v2(Bucket=self._name))  # far fewer than 1,000
        return {one["Key"]: one["LastModified"] for one in (found or {}).get("Contents", ())}

    def delete(self, keys: Iterable[str]) -> None:
        """Delete these files."""
        for key in sorted(keys):
            self._call("delete", partial(self._client.delete_object, Bucket=self._name, Key=key))

    def _call(self, verb: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 boto3 has no types
        try:
            return self._retry.run(call)
        except ClientError as exc:
            if verb == "list" and error_code(exc) == _GONE_CODE:
                return None
            sentence = f"cannot {verb} the files of the console in {self._name} ({error_code(exc)}): deploy again"
            raise ResourceError(sentence) from None
        except BotoCoreError as exc:
            sentence = f"cannot {verb} the files of the console ({type(exc).__name__}): the function must reach S3"
            raise ResourceError(sentence) from None


def open_bucket(name: str, seconds: float) -> S3Bucket:
    """Return the bucket of this name, with the function's own credentials."""
    return S3Bucket(boto3.client("s3", config=_LIMITS), name, DenialRetry(seconds=seconds - _RESERVED_SECONDS))
