"""Pay once: store each request to a provider before it is sent, and its answer afterwards, under a key of its content.

If a worker dies between the answer and its checkpoint, the next one finds the answer and pays nothing. If it dies
during the request, the next one repeats the request with the same id; the provider may charge both. Within a process,
equal requests share one answer. Two processes that send equal requests both pay, and only the stored answer is certain
to be on a bill. Invalid answers are kept, too: a retry is a different request. While the store is unavailable, the
process keeps the answer, and stores it at the next equal request.

The payer is stored with the answer, so a part of a job that resumes after a crash knows which answers are on its own
bill; answers of other payers cost nothing. A mark in the job's folder names each answer that the job uses, for its
erasure.

A budget is never overdrawn: the highest cost of an answer is reserved before the request, and the request is not sent
if less is left. Other parts of the job have budgets of their own.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from contract.codes import Code
from contract.object_keys import ANSWERS, answers_prefix
from contract.usage import Usage
from durable import TemporaryError, current_run
from worker.adapters.object_store import Store
from worker.providers.retries import RetryPolicy

from .prices import USD_TOLERANCE
from .request_key import key_of

_ID_CHARACTERS: Final = 32  # of a request's id; providers accept 64 or more
_PAYER: Final = b"paid by "  # starts the first line of a stored answer
_RETRY_POLICY: Final = RetryPolicy()
_NO_USAGE: Final = Usage()


@dataclass(frozen=True, kw_only=True)
class PaidAnswer:
    """An answer, whether it was paid for before, and whether it is on the current bill."""

    answer: bytes
    is_reused: bool
    is_billed: bool


class BudgetError(TemporaryError):
    """A request was not sent: its answer may cost `usd`, and less is left."""

    def __init__(self, usd: float) -> None:
        super().__init__(Code.COST_LIMIT, f"the next answer may cost {usd:.4f} USD, and less is left")
        self.usd: Final = usd


@dataclass(frozen=True, kw_only=True)
class Costs:
    """The highest usage of an answer, and a function that returns the usage of a given one."""

    max_usage: Usage = _NO_USAGE
    usage_of: Callable[[bytes], Usage] = lambda _: _NO_USAGE


_FREE: Final = Costs()


@dataclass(kw_only=True)
class Budget:
    """The limit in USD, the price of a usage, and what is spent or reserved."""

    usd: float
    price: Callable[[Usage], float | None]
    may_spend: bool = True
    _taken: dict[str, float] = field(default_factory=dict)

    @property
    def spent(self) -> float:
        """What is spent; a pending answer counts at its highest cost."""
        return round(sum(self._taken.values()), 6)

    @contextmanager
    def without_spending(self) -> Iterator[None]:
        """Refuse new requests: only paid answers are reused."""
        self.may_spend = False
        try:
            yield
        finally:
            self.may_spend = True

    def reserve(self, key: str, max_usage: Usage) -> None:
        """Reserve the highest cost of an answer; raise if less is left."""
        cost = self._cost(max_usage)
        if not self.may_spend or self.spent + cost > self.usd + USD_TOLERANCE:
            raise BudgetError(cost)
        self._taken[key] = cost

    def spend(self, key: str, usage: Usage | None) -> None:
        """Replace a reservation with the actual cost, or drop it if there was no answer."""
        self._taken.pop(key, None)
        if usage:
            self._taken[key] = self._cost(usage)

    def _cost(self, usage: Usage) -> float:
        price = self.price(usage)
        return math.inf if price is None else price  # no budget covers an unknown price


@dataclass
class Bill:
    """The answers that a part of a job pays for, each once, over all its attempts."""

    job_id: str
    payer: str
    budget: Budget | None = None
    is_for_all: bool = False  # also covers what other parts of the job have paid for
    pages: int = 0  # recognized, and paid for
    recognized: int = 0  # pages in this run, paid for or not
    paid: Usage = _NO_USAGE  # in this run, and never before
    _keys: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)  # keys of answers with a mark in the job's folder

    def covers(self, payer: bytes) -> bool:
        """Whether answers of this payer are on the bill."""
        return payer.startswith(f"{self.job_id} ".encode()) if self.is_for_all else payer == self.payer.encode()

    @contextmanager
    def reserve(self, key: str, max_usage: Usage) -> Iterator[Callable[[Usage], None]]:
        """Reserve the highest cost of an answer until the caller reports its usage."""
        taken: list[Usage] = []
        if self.budget:
            self.budget.reserve(key, max_usage)
        try:
            yield taken.append
        finally:
            self.paid = sum(taken, self.paid)
            if self.budget:
                self.budget.spend(key, taken[0] if taken else None)

    def add(self, key: str, *, is_reused: bool) -> bool:
        """Put an answer on the bill; return whether it was new."""
        if is_reused and key in self._keys:
            return False
        self._keys.add(key)
        return True


_BILL: Final[ContextVar[Bill | None]] = ContextVar("bill", default=None)


@contextmanager
def bill_to(job_id: str, budget: Budget | None = None, *, is_for_all: bool = False) -> Iterator[Bill]:
    """Bill all answers to this part of the job; concurrent tasks share the bill."""
    # The run's id is the promise of the part: a worker that resumes the part has the same id.
    bill = Bill(job_id, f"{job_id} {current_run().id}", budget, is_for_all)
    token = _BILL.set(bill)
    try:
        yield bill
    finally:
        _BILL.reset(token)


def bill_pages(count: int, paid: PaidAnswer) -> None:
    """Put the recognized pages of an answer on the current bill, if any."""
    bill = _BILL.get()
    if bill and paid.is_billed:
        bill.pages += count
    if bill and not paid.is_reused:
        bill.paid += Usage(pages=count)


type Pay = Callable[[str], Awaitable[bytes]]


@contextmanager
def _without_bill() -> Iterator[Callable[[Usage], None]]:
    yield lambda _: None


def _accept_any(_: bytes) -> bool:
    return True


class Ledger:
    """The answers that were paid for, in the object store."""

    def __init__(self, store: Store, *, retry_policy: RetryPolicy = _RETRY_POLICY) -> None:
        self._store: Final = store
        self._retry_policy: Final = retry_policy
        # Answers that could not be stored yet. They are few: no request is sent while the store is unavailable.
        self._unwritten: Final[dict[str, bytes]] = {}
        self._locks: Final = WeakValueDictionary[str, asyncio.Lock]()  # by key, while they are held

    async def pay_once(
        self, key: str, pay: Pay, is_useful: Callable[[bytes], bool] = _accept_any, *, costs: Costs = _FREE
    ) -> PaidAnswer:
        """Return the answer under the key, or get one; `pay` sends the request under a given id.

        A useless answer of another payer is requested again under a new key, which later callers derive, too.
        """
        while True:
            async with self._locks.setdefault(key, asyncio.Lock()):
                paid, is_ours = await self._get_or_pay(key, pay, costs)
            if is_ours or is_useful(paid.answer):
                return paid
            key = key_of(key, "anew")

    async def _get_or_pay(self, key: str, pay: Pay, costs: Costs) -> tuple[PaidAnswer, bool]:
        bill, answer_key = _BILL.get(), f"{ANSWERS}/{key}/answer.json"
        payer = bill.payer.encode() if bill else b""
        kept = await self._store.get(answer_key)
        is_reused = kept is not None or key in self._unwritten
        await self._mark(bill, key)
        if not is_reused:
            with bill.reserve(key, costs.max_usage) if bill else _without_bill() as report:
                request_id = key[:_ID_CHARACTERS]
                await self._store.create(f"{ANSWERS}/{key}/asked.txt", b"%s %s" % (request_id.encode(), payer))
                answer = await pay(request_id)
                self._unwritten[key] = b"%s%s\n%s" % (_PAYER, payer, answer)
                report(costs.usage_of(answer))
        stored_payer, answer = _read(kept or await self._store_answer(key, answer_key))
        # If another process was faster, its answer is the stored one; ours was paid for, too.
        is_ours = not is_reused or (bill.covers(stored_payer) if bill else stored_payer == payer)
        is_billed = bill.add(key, is_reused=is_reused) if bill and is_ours else not is_reused
        if bill and bill.budget and is_reused and is_billed:
            bill.budget.spend(key, costs.usage_of(answer))
        return PaidAnswer(answer=answer, is_reused=is_reused, is_billed=is_billed), is_ours

    async def _mark(self, bill: Bill | None, key: str) -> None:
        """Mark an answer as one of the job's, before it is paid."""
        if bill and key not in bill.marked:
            await self._store.create(f"{answers_prefix(bill.job_id)}{key}", b"")
            bill.marked.add(key)

    async def _store_answer(self, key: str, answer_key: str) -> bytes:
        """Store an answer, with retries; return the one that is stored."""
        await self._retry_policy.run(lambda: self._store.create(answer_key, self._unwritten[key]))
        kept = await self._store.get(answer_key)
        ours = self._unwritten.pop(key)
        return kept or ours


def _read(stored: bytes) -> tuple[bytes, bytes]:
    """Return the payer and the answer."""
    first, _, answer = stored.partition(b"\n")
    return first.removeprefix(_PAYER), answer
