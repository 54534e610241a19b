"""What may cross the wire: JSON without pickles, results that are small and of the type they say.

The SDK answers a result that it cannot store or read back with an endless redelivery, so the step and the workflow
check theirs first and fail in the ordinary way. Big data belongs in a store, and the result refers to it.
"""

import json
from typing import Any, Final

from resonate.codec import Codec
from resonate.durable import DurableFunction
from resonate.error import Base64DecodeError, SerializationError
from resonate.types import Value

from .errors import ErrorCode, PermanentError

MAX_RESULT_BYTES: Final = 256 * 1024  # bytes of JSON; every write of a sibling brings all results of a job along
_PICKLE: Final = "__py_pickle"  # the key whose value the SDK unpickles in whoever awaits a rejected promise
_NOTHING: Final = b"null"


class NoPickle:
    """The SDK's encryptor hook, which sees every payload: neither sends a pickle nor lets one in.

    It must not raise: the SDK would hold the task until its lease ends, and again. What it cannot read becomes nothing.
    """

    def encrypt(self, data: bytes) -> bytes:
        """Drop it on the way out: a foreign reader may be careless."""
        return self._without_pickle(data)

    def decrypt(self, data: bytes) -> bytes:
        """Drop it on the way in: whoever can write a promise would own every worker that awaits it."""
        return self._without_pickle(data)

    def _without_pickle(self, data: bytes) -> bytes:
        # An escape can spell the key, so a payload that has any is read, too; most have neither.
        if _PICKLE.encode() not in data and b"\\u" not in data:
            return data
        try:
            value = json.loads(data.decode())
        except (ValueError, RecursionError):
            return _NOTHING
        if not isinstance(value, dict) or _PICKLE not in value:
            return data
        return json.dumps({key: kept for key, kept in value.items() if key != _PICKLE}).encode()


class LenientCodec(Codec):
    """Reads what anybody may have settled a promise with: nothing in place of what is no base64 or no JSON.

    The SDK gives a task back when it cannot read one of its promises, and would so until the job's deadline. A value
    that is nothing is for the workflow to judge, as any other that it did not expect. What we write stays checked.
    """

    def __init__(self) -> None:
        super().__init__(NoPickle())

    def decode(self, value: Value) -> Any:  # noqa: ANN401 any JSON
        """Return what it says, if it says anything."""
        try:
            return super().decode(value)
        except (Base64DecodeError, SerializationError, ValueError, RecursionError):  # not all of them by the SDK's name
            return None


class Guard:
    """Checks the results of one function, as the SDK will write and read them."""

    def __init__(self, name: str, shape: DurableFunction) -> None:
        self._name = name
        self._shape = shape
        self._codec = Codec(NoPickle())

    def check[T](self, value: T) -> T:
        """Return the value, or raise what is wrong with it; the error never quotes it."""
        try:
            wire = self._codec.encode(value)
            self._shape.coerce_result(self._codec.decode(wire))
        except (SerializationError, ValueError, RecursionError) as exc:
            annotation = self._shape.return_type
            expected = getattr(annotation, "__name__", str(annotation))
            message = f"a {type(value).__name__} came back, which does not cross the wire as {expected}"
            raise PermanentError(ErrorCode.RESULT_TYPE, message, self._name) from exc
        size = len(wire.data or "") * 3 // 4
        if size > MAX_RESULT_BYTES:
            message = f"the result has {size} bytes of at most {MAX_RESULT_BYTES}: store it, and return where it is"
            raise PermanentError(ErrorCode.RESULT_TOO_LARGE, message, self._name)
        return value
