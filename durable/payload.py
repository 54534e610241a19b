"""Payloads on the wire: JSON without pickles, and results that are small and of the annotated type.

The SDK redelivers a task without end when it cannot store or read a result. So steps and workflows check their results
first, and an invalid one fails the job. Large data belongs in a store; the result refers to it.
"""

import json
from typing import Any, Final

from resonate.codec import Codec
from resonate.durable import DurableFunction
from resonate.error import Base64DecodeError, SerializationError
from resonate.types import Value

from .errors import ErrorCode, PermanentError

MAX_RESULT_BYTES: Final = 256 * 1024  # bytes of JSON; each write of a step carries all results of its job
_PICKLE_KEY: Final = "__py_pickle"  # the SDK unpickles its value when a rejected promise is awaited
_NULL: Final = b"null"


class NoPickle:
    """The SDK's encryptor hook, which sees every payload: it removes pickles in both directions.

    It must not raise: the SDK would hold the task until its lease ends, again and again. Unreadable JSON becomes null.
    """

    def encrypt(self, data: bytes) -> bytes:
        """Remove a pickle on the way out: another reader may unpickle it."""
        return self._remove_pickle(data)

    def decrypt(self, data: bytes) -> bytes:
        """Remove a pickle on the way in: it would give its writer control over every worker that awaits it."""
        return self._remove_pickle(data)

    def _remove_pickle(self, data: bytes) -> bytes:
        # An escape can spell the key, so a payload with escapes is parsed, too; most have neither.
        if _PICKLE_KEY.encode() not in data and b"\\u" not in data:
            return data
        try:
            value = json.loads(data.decode())
        except (ValueError, RecursionError):
            return _NULL
        if not isinstance(value, dict) or _PICKLE_KEY not in value:
            return data
        return json.dumps({key: kept for key, kept in value.items() if key != _PICKLE_KEY}).encode()


class LenientCodec(Codec):
    """Reads null where a promise holds no base64 or no JSON: any client may have settled it.

    The SDK would release the task and acquire it again until the job's deadline. A workflow checks null like any other
    value. `Guard` checks our own results strictly.
    """

    def __init__(self) -> None:
        super().__init__(NoPickle())

    def decode(self, value: Value) -> Any:  # noqa: ANN401 any JSON
        """Return the value, or None if it cannot be read."""
        try:
            return super().decode(value)
        except (Base64DecodeError, SerializationError, ValueError, RecursionError):  # the SDK wraps only some of them
            return None


class Guard:
    """Checks the results of one function, as the SDK will write and read them."""

    def __init__(self, name: str, shape: DurableFunction) -> None:
        self._name = name
        self._shape = shape
        self._codec = Codec(NoPickle())

    def read(self, content: Any) -> Any:  # noqa: ANN401 any JSON, and the value that the annotation makes of it
        """Return a stored result as a value of the annotated type."""
        return self._shape.coerce_result(content)

    def check[T](self, value: T) -> T:
        """Return the value, or raise an error that does not quote it."""
        try:
            wire = self._codec.encode(value)
            self._shape.coerce_result(self._codec.decode(wire))
        except (SerializationError, ValueError, RecursionError) as exc:
            annotation = self._shape.return_type
            expected = getattr(annotation, "__name__", str(annotation))
            message = f"the result is a {type(value).__name__}, which cannot be stored as {expected}"
            raise PermanentError(ErrorCode.RESULT_TYPE, message, self._name) from exc
        size = len(wire.data or "") * 3 // 4
        if size > MAX_RESULT_BYTES:
            message = f"the result has {size} bytes, more than {MAX_RESULT_BYTES}: store it and return a reference"
            raise PermanentError(ErrorCode.RESULT_TOO_LARGE, message, self._name)
        return value
