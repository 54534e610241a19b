"""Pays once: what was asked of a provider is written down before, what it answered after, under a key of the content.

So a worker that dies between the answer and its checkpoint finds the answer, and pays nothing. One that dies while the
question is on its way asks again, under the same id: what the provider charges then, nobody here can know. An answer
that was paid for is never thrown away for being wrong: what is asked instead is another question.

Who asked is written down, too. So a job that goes on after such a death knows which of the answers that it finds are on
its own bill, and a job that finds what another one has paid for has none.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from worker.store import Store

_FOLDER: Final = "paid"
_ID: Final = 32  # characters of a request's id: providers take at least 64


@dataclass(frozen=True, kw_only=True)
class Paid:
    """An answer, whether it had been paid for before, and whether it is on the bill of who asks now."""

    answer: bytes
    is_found: bool
    is_billed: bool


@dataclass
class Bill:
    """What a job has to pay for: every answer that it got, and each that an earlier try of it got, once."""

    job_id: str
    pages: int = 0  # of those that recognize some
    _keys: set[str] = field(default_factory=set)

    def adds(self, key: str, *, is_found: bool) -> bool:
        """Put an answer of this job's on it, and return whether it was not there yet."""
        if is_found and key in self._keys:
            return False
        self._keys.add(key)
        return True


_BILL: Final[ContextVar[Bill | None]] = ContextVar("bill", default=None)


@contextmanager
def billed_to(job_id: str) -> Iterator[Bill]:
    """Put what is paid for inside on a bill of this job's; whatever runs at once shares it."""
    bill = Bill(job_id)
    token = _BILL.set(bill)
    try:
        yield bill
    finally:
        _BILL.reset(token)


def bill_pages(count: int) -> None:
    """Put so many recognized pages on the bill, if somebody keeps one."""
    bill = _BILL.get()
    if bill:
        bill.pages += count


class Ledger:
    """What was paid for, in the object store."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store

    async def once(self, key: str, pay: Callable[[str], Awaitable[bytes]]) -> Paid:
        """Return the answer under the key, or get one with a request of this id."""
        place = f"{_FOLDER}/{key}/answer.json"
        found = await self._store.find(place)
        bill = _BILL.get()
        if found:
            is_ours = bill is not None and await self._asked(key) == _words(key, bill)
            is_billed = bill is not None and is_ours and bill.adds(key, is_found=True)
            return Paid(answer=await self._store.read(found), is_found=True, is_billed=is_billed)
        await self._store.create(_asked(key), _words(key, bill).encode())
        written = await self._store.create(place, await pay(key[:_ID]))
        # Somebody else may have been faster, and then it is their answer that stays.
        is_billed = not bill or bill.adds(key, is_found=False)
        return Paid(answer=await self._store.read(written), is_found=False, is_billed=is_billed)

    async def _asked(self, key: str) -> str | None:
        asked = await self._store.find(_asked(key))
        return (await self._store.read(asked)).decode() if asked else None


def _asked(key: str) -> str:
    return f"{_FOLDER}/{key}/asked.txt"


def _words(key: str, bill: Bill | None) -> str:
    """Return what is written down before: the request's id, and whose question it is if somebody is to pay."""
    return " ".join([key[:_ID], *([bill.job_id] if bill else [])])


def key_of(*parts: str) -> str:
    """Return the key of what is asked: all of it, so that nothing else is ever answered with it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part.encode()) + part.encode())
    return digest.hexdigest()
