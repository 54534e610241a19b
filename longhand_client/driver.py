"""Operations as methods: they return a value from the blocking client, and a coroutine from the asynchronous one.

Streams become iterators of the one, and asynchronous iterators of the other. Types, names and docstrings of a method
are those of its operation.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import update_wrapper
from typing import Any, Final, overload

from .errors import ClientError
from .exchange import Effect, Item, Operation, Reply, Stream


class SyncDriver:
    """Performs operations, and blocks."""

    def run[T](self, operation: Operation[T]) -> T:
        """Return the value of an operation."""
        raise NotImplementedError

    def iterate[T](self, stream: Stream[T]) -> Iterator[T]:
        """Yield the values of a stream."""
        raise NotImplementedError


class AsyncDriver:
    """Performs operations on an event loop."""

    async def run[T](self, operation: Operation[T]) -> T:
        """Return the value of an operation."""
        raise NotImplementedError

    def iterate[T](self, stream: Stream[T]) -> AsyncIterator[T]:
        """Yield the values of a stream."""
        raise NotImplementedError


class Method[**P, T]:
    """An operation as a method."""

    def __init__(self, operation: Callable[P, Operation[T]]) -> None:
        self._operation: Final = operation

    @overload
    def __get__(self, client: SyncDriver, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncDriver, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Operation[T]]: ...
    def __get__(self, client: SyncDriver | AsyncDriver | None, owner: type) -> Callable[P, Any]:
        return self._operation if client is None else _bind(self._operation, client.run)


class Iteration[**P, T]:
    """A stream as a method."""

    def __init__(self, stream: Callable[P, Stream[T]]) -> None:
        self._stream: Final = stream

    @overload
    def __get__(self, client: SyncDriver, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncDriver, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Stream[T]]: ...
    def __get__(self, client: SyncDriver | AsyncDriver | None, owner: type) -> Callable[P, Any]:
        return self._stream if client is None else _bind(self._stream, client.iterate)


class Steps[T]:
    """The effects of a stream, one after the other."""

    def __init__(self, stream: Stream[T]) -> None:
        self._stream: Final = stream
        self._error: ClientError | None = None
        self.reply: Reply | None = None  # the reply to the request before

    def advance(self) -> Effect | Item[T] | None:
        """Resume the stream with the outcome of its last request; return the next effect, and None at its end."""
        reply, error = self.reply, self._error
        self.reply = self._error = None
        try:
            return self._stream.throw(error) if error else self._stream.send(reply)
        except StopIteration:
            return None

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Resume the stream with the error of a request in this block."""
        try:
            yield
        except ClientError as error:
            self._error = error


def hand_out[T](operation: Operation[T]) -> Stream[T]:
    """Return the stream that hands out the value of an operation."""
    value = yield from operation
    yield Item(value)


def _bind[**P](operation: Callable[P, Any], perform: Callable[[Any], Any]) -> Callable[P, Any]:
    """Return the method of a client: it performs the operation."""

    def call(*args: P.args, **kwargs: P.kwargs) -> Any:  # noqa: ANN401 - see above
        return perform(operation(*args, **kwargs))

    return update_wrapper(call, operation)
