"""What every operation is made of: requests, pauses, and values that it hands out. It does no I/O itself.

An operation is a generator. It yields a `Request` and is resumed with its `Reply`, or with the error of a request that
got no response; it yields a `Pause` to wait. `Client` and `AsyncClient` perform what it yields, each in its own way, so
that nothing is written twice. A stream yields an `Item` for each value that it hands out.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to the API, or for it to another service."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)  # it may have a password
    headers: Mapping[str, str] = field(default_factory=dict)
    is_repeatable: bool = True  # whether a second one changes nothing
    is_elsewhere: bool = False  # the path is a whole URL, of another service: it gets no credentials


@dataclass(frozen=True)
class Reply:
    """A response; the names of its headers are in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Pause:
    """A time to wait."""

    seconds: float


@dataclass(frozen=True)
class Item[T]:
    """A value that a stream hands out."""

    value: T


type Effect = Request | Pause
type Operation[T] = Generator[Effect, Reply | None, T]
type Stream[T] = Generator[Effect | Item[T], Reply | None]
