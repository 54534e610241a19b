"""Pays once: what was asked of a provider is written down before, what it answered after, under a key of the content.

So a worker that dies between the answer and its checkpoint finds the answer, and pays nothing. One that dies while the
question is on its way asks again, under the same id: what the provider charges then, nobody here can know. Who asks
what is asked in this process already waits for that; two processes that ask the same at once both pay, and only the
answer that was written is sure to be on a bill. None is thrown away for being wrong: what is asked instead is another
question. Nor for a store that is away: this process keeps it, and writes it when somebody here asks the same again.

Who paid is written down with the answer. So a part of a job that goes on after such a death knows which of the answers
that it finds are on its own bill. Whoever finds what another one has paid for, be it of the same job, pays nothing.

A budget is never overdrawn: what an answer may cost is set aside before it is asked for, and if there is not as much
left, nobody is asked. What another part of the job, with a budget of its own, asks in that moment is not in it.
"""

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from contract.codes import Code
from contract.use import Use
from durable import TemporaryError, current_run
from worker.adapters.object_store import Store
from worker.providers.retries import RetryPolicy

from .prices import USD_TOLERANCE

_FOLDER: Final = "paid"
_ID: Final = 32  # characters of a request's id: providers take at least 64
_PAYER: Final = b"paid by "  # begins the first line of what is kept
_PATIENCE: Final = RetryPolicy()
_NOTHING: Final = Use()


@dataclass(frozen=True, kw_only=True)
class Paid:
    """An answer, whether it had been paid for before, and whether it is on the bill of who asks now."""

    answer: bytes
    is_found: bool
    is_billed: bool


class BudgetError(TemporaryError):
    """An answer was not asked for, because it may cost more than is left; `usd` is what it may cost."""

    def __init__(self, usd: float) -> None:
        super().__init__(Code.COST_LIMIT, f"the next answer may cost {usd:.4f} USD, and less is left")
        self.usd: Final = usd


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What tells how much an answer may take, and how much one took."""

    most: Use = _NOTHING
    of: Callable[[bytes], Use] = lambda _: _NOTHING


_FREE: Final = Costs()


@dataclass(kw_only=True)
class Budget:
    """What may be spent, what tells the price of something, and what is spent or set aside. Closed, it pays nothing."""

    usd: float
    price: Callable[[Use], float | None]
    is_open: bool = True
    _taken: dict[str, float] = field(default_factory=dict)

    @property
    def spent(self) -> float:
        """What it has come to, with what is on its way at its dearest."""
        return round(sum(self._taken.values()), 6)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Only look up what is paid for."""
        self.is_open = False
        try:
            yield
        finally:
            self.is_open = True

    def set_aside(self, key: str, most: Use) -> None:
        """Keep so much for an answer, or raise if there is not so much left."""
        wanted = self._of(most)
        if not self.is_open or self.spent + wanted > self.usd + USD_TOLERANCE:
            raise BudgetError(wanted)
        self._taken[key] = wanted

    def take(self, key: str, use: Use | None) -> None:
        """Put down what an answer took in the end, in place of what was kept for it; nothing, if there is none."""
        self._taken.pop(key, None)
        if use:
            self._taken[key] = self._of(use)

    def _of(self, use: Use) -> float:
        price = self.price(use)
        return math.inf if price is None else price  # no budget has enough for what nobody knows


@dataclass
class Bill:
    """What a part of a job has to pay for: every answer that it got, and each that an earlier try of it got, once."""

    job_id: str
    payer: str
    budget: Budget | None = None
    is_for_all: bool = False  # also for what other parts of the job have paid for
    pages: int = 0  # of those that recognize some
    seen: int = 0  # pages that were recognized in this run, by whomever
    paid: Use = _NOTHING  # in this run, and by nobody before
    _keys: set[str] = field(default_factory=set)

    def has_paid(self, payer: bytes | None) -> bool:
        """Whether what this one has paid for is to be on it."""
        if payer is None:
            return False
        return payer.startswith(f"{self.job_id} ".encode()) if self.is_for_all else payer == self.payer.encode()

    @contextmanager
    def asking(self, key: str, most: Use) -> Iterator[Callable[[Use], None]]:
        """Keep what an answer may take until it is known what it took; nothing of it, if there comes none."""
        taken: list[Use] = []
        if self.budget:
            self.budget.set_aside(key, most)
        try:
            yield taken.append
        finally:
            self.paid = sum(taken, self.paid)
            if self.budget:
                self.budget.take(key, taken[0] if taken else None)

    def adds(self, key: str, *, is_found: bool) -> bool:
        """Put an answer of this payer's on it, and return whether it was not there yet."""
        if is_found and key in self._keys:
            return False
        self._keys.add(key)
        return True


_BILL: Final[ContextVar[Bill | None]] = ContextVar("bill", default=None)


@contextmanager
def billed_to(job_id: str, budget: Budget | None = None, *, is_for_all: bool = False) -> Iterator[Bill]:
    """Put what is paid for inside on a bill of this part of the job; whatever runs at once shares it."""
    # The id of the run is the part's own promise, and the same for whoever goes on with it.
    bill = Bill(job_id, f"{job_id} {current_run().id}", budget, is_for_all)
    token = _BILL.set(bill)
    try:
        yield bill
    finally:
        _BILL.reset(token)


def bill_pages(count: int, paid: Paid) -> None:
    """Put the recognized pages of an answer on the bill, if somebody keeps one."""
    bill = _BILL.get()
    if bill and paid.is_billed:
        bill.pages += count
    if bill and not paid.is_found:
        bill.paid += Use(pages=count)


type Pay = Callable[[str], Awaitable[bytes]]


@contextmanager
def _nobody_asks() -> Iterator[Callable[[Use], None]]:
    yield lambda _: None


def _is_any(_: bytes) -> bool:
    return True


class Ledger:
    """What was paid for, in the object store."""

    def __init__(self, store: Store, *, patience: RetryPolicy = _PATIENCE) -> None:
        self._store: Final = store
        self._patience: Final = patience
        # Not written yet, and for good if nobody asks again: few, as nobody pays while no question can be written.
        self._unwritten: Final[dict[str, bytes]] = {}
        self._locks: Final = WeakValueDictionary[str, asyncio.Lock]()  # by key, of those that somebody holds

    async def once(
        self, key: str, pay: Pay, is_useful: Callable[[bytes], bool] = _is_any, *, costs: Costs = _FREE
    ) -> Paid:
        """Return the answer under the key, or get one with a request of this id.

        What somebody else got and is of no use is asked for anew, under a key that whoever comes next looks up, too.
        """
        while True:
            async with self._locks.setdefault(key, asyncio.Lock()):
                paid, is_ours = await self._once(key, pay, costs)
            if is_ours or is_useful(paid.answer):
                return paid
            key = key_of(key, "anew")

    async def _once(self, key: str, pay: Pay, costs: Costs) -> tuple[Paid, bool]:
        bill, place = _BILL.get(), f"{_FOLDER}/{key}/answer.json"
        payer = bill.payer.encode() if bill else b""
        kept = await self._store.get(place)
        is_found = kept is not None or key in self._unwritten
        if not is_found:
            with bill.asking(key, costs.most) if bill else _nobody_asks() as told:
                await self._store.create(f"{_FOLDER}/{key}/asked.txt", b"%s %s" % (key[:_ID].encode(), payer))
                answer = await pay(key[:_ID])
                self._unwritten[key] = b"%s%s\n%s" % (_PAYER, payer, answer)
                told(costs.of(answer))
        by, answer = _read(kept or await self._written(key, place))
        # Another process may have been faster, and then it is its answer that stays; ours was paid for all the same.
        is_ours = not is_found or (bill.has_paid(by) if bill else by == payer)
        is_billed = bill.adds(key, is_found=is_found) if bill and is_ours else not is_found
        if bill and bill.budget and is_found and is_billed:
            bill.budget.take(key, costs.of(answer))
        return Paid(answer=answer, is_found=is_found, is_billed=is_billed), is_ours

    async def _written(self, key: str, place: str) -> bytes:
        """Write what was paid for, however often one has to try; return what is there."""
        await self._patience.run(lambda: self._store.create(place, self._unwritten[key]))
        kept = await self._store.get(place)
        ours = self._unwritten.pop(key)
        return kept or ours


def _read(kept: bytes) -> tuple[bytes | None, bytes]:
    """Return who paid, as far as that is known, and the answer."""
    if not kept.startswith(_PAYER):
        return None, kept
    first, _, answer = kept.partition(b"\n")
    return first.removeprefix(_PAYER), answer


def key_of(*parts: str) -> str:
    """Return the key of what is asked: all of it, so that nothing else is ever answered with it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part.encode()) + part.encode())
    return digest.hexdigest()
