"""A workflow as its callers know it, and a call that runs as a task of its own on the workers of a group.

A caller needs the workflow's name, version and result type, but not its code. The SDK alone needs the code. If a call
returns another type, the SDK delivers the caller's task again and again.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Generator
from datetime import timedelta
from inspect import Signature
from typing import Any, Final

from resonate.context import Context, ResonateFuture
from resonate.durable import DurableFunction
from resonate.error import ApplicationError, SerializationError

from .errors import ErrorCode, JobError, PermanentError, TemporaryError, error_of
from .payload import Guard


class Callee[**P, T](ABC):
    """A workflow by its name and version. The workers of `group` run it, or those of the caller's own group."""

    def __init__(self, name: str, version: int, signature: Signature, group: str | None = None) -> None:
        self.name: Final = name
        self.version: Final = version
        self.group: Final = group
        self.__name__ = name
        self.__signature__ = signature
        self.shape: Final = DurableFunction(self)
        self._guard: Final = Guard(name, self.shape)

    @abstractmethod
    def __call__(self, ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        """Call it."""

    def read_result(self, content: object) -> T:
        """Return the value of a promise of this workflow, decoded from JSON, as its body returned it."""
        result: T = self._guard.read(content)
        return result


class PartCall[T](ResonateFuture[T], frozen=True, kw_only=True):
    """A call under way: it gives a value of the type that the caller expects, or raises an error with a name."""

    _callee: Callee[..., T] | str
    _timeout: timedelta | None

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the end of the call."""
        try:
            value = yield from self._task.__await__()
            return value if isinstance(self._callee, str) else self._callee.read_result(value)
        except SerializationError as exc:
            message = "it returned another type than its caller expects"
            raise _to_application_error(PermanentError(ErrorCode.RESULT_TYPE, message, self._name)) from exc
        except ApplicationError as exc:
            if error_of(exc).code != ErrorCode.NO_REASON:
                raise
            limit = f"within {self._timeout}" if self._timeout else "in time"
            message = f"{self._name} was not done {limit}, or was canceled without a reason"
            raise _to_application_error(TemporaryError(ErrorCode.CALL_UNANSWERED, message)) from exc

    @property
    def _name(self) -> str:
        return self._callee if isinstance(self._callee, str) else self._callee.name


def _to_application_error(error: JobError) -> ApplicationError:
    """Return the error as the SDK raises that of a call."""
    return ApplicationError(str(error))
