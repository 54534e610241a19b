"""Pays once: what was asked of a provider is written down before, what it answered after, under a key of the content.

So a worker that dies between the answer and its checkpoint finds the answer, and pays nothing. One that dies while the
question is on its way asks again, under the same id: what the provider charges then, nobody here can know. An answer
that was paid for is never thrown away for being wrong: what is asked instead is another question.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from worker.store import Store

_FOLDER: Final = "paid"
_ID: Final = 32  # characters of a request's id: providers take at least 64


@dataclass(frozen=True, kw_only=True)
class Paid:
    """An answer, and whether it had been paid for before."""

    answer: bytes
    is_found: bool


class Ledger:
    """What was paid for, in the object store."""

    def __init__(self, store: Store) -> None:
        self._store: Final = store

    async def once(self, key: str, pay: Callable[[str], Awaitable[bytes]]) -> Paid:
        """Return the answer under the key, or get one with a request of this id."""
        place = f"{_FOLDER}/{key}/answer.json"
        found = await self._store.find(place)
        if found:
            return Paid(answer=await self._store.read(found), is_found=True)
        request = key[:_ID]
        await self._store.create(f"{_FOLDER}/{key}/asked.txt", request.encode())
        written = await self._store.create(place, await pay(request))
        # Somebody else may have been faster, and then it is their answer that stays.
        return Paid(answer=await self._store.read(written), is_found=False)


def key_of(*parts: str) -> str:
    """Return the key of what is asked: all of it, so that nothing else is ever answered with it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part.encode()) + part.encode())
    return digest.hexdigest()
