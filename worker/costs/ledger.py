"""The ledger pays a provider once for each request, keeps its answer, and puts the answer on a job's bill.

**Pay once.** A request is stored before it is sent, and its answer afterwards. The key of both is a hash of the
request's content. Equal requests in one process share one answer. Invalid answers are stored, too: a retry is another
request with another key.
- The worker dies after the answer came. The next worker finds the answer and pays nothing.
- The worker dies during the request. The next worker repeats it with the same id. The provider may charge both.
- Two processes send equal requests at the same time. Both pay. Only the stored answer is certain to be on a bill.
- The store is unavailable. The process keeps the answer in memory, and stores it at the next equal request.

**Bill.** A bill belongs to one part of a job, its payer. The payer is stored with the answer. So a part that resumes
after a crash finds the answers that are on its own bill. Answers of other payers cost it nothing. For each answer that
a job uses, a mark in the job's folder names the answer. The erasure of the job reads these marks.

**Budget.** A budget is never overdrawn. The highest cost of an answer is reserved before its request. If less is left,
the request is not sent. Each part of a job has its own budget.
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

_ID_CHARACTERS: Final = 32  # the length of a request's id; providers accept 64 or more
_PAYER: Final = b"paid by "  # a stored answer begins with it and the payer
_RETRY_POLICY: Final = RetryPolicy()
_NO_USAGE: Final = Usage()


@dataclass(frozen=True, kw_only=True)
class PaidAnswer:
    """The answer to a request that was paid for, now or before."""

    answer: bytes
    is_reused: bool  # it was paid for before
    is_billed: bool  # it is on the current bill


class BudgetError(TemporaryError):
    """A request was not sent, because its answer may cost `usd` and less is left in the budget."""

    def __init__(self, usd: float) -> None:
        super().__init__(Code.COST_LIMIT, f"the next answer may cost {usd:.4f} USD, and less is left")
        self.usd: Final = usd


@dataclass(frozen=True, kw_only=True)
class Costs:
    """How much an answer may use and has used."""

    max_usage: Usage = _NO_USAGE  # the most that an answer may use
    usage_of: Callable[[bytes], Usage] = lambda _: _NO_USAGE  # returns what a given answer has used


_FREE: Final = Costs()


@dataclass(kw_only=True)
class Budget:
    """A limit in USD, and what of it is spent or reserved."""

    usd: float  # the limit
    price: Callable[[Usage], float | None]  # returns USD; None if a price is unknown
    may_spend: bool = True
    _taken: dict[str, float] = field(default_factory=dict)  # USD by the key of the answer

    @property
    def spent(self) -> float:
        """The USD that are spent. A pending answer counts with its highest cost."""
        return round(sum(self._taken.values()), 6)

    @contextmanager
    def without_spending(self) -> Iterator[None]:
        """Refuse new requests inside the block. Answers that were paid for before are still returned."""
        self.may_spend = False
        try:
            yield
        finally:
            self.may_spend = True

    def reserve(self, key: str, max_usage: Usage) -> None:
        """Reserve the highest cost of an answer. Raises BudgetError if less is left."""
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
    """The answers that one part of a job pays for. Each is on the bill once, however many attempts use it."""

    job_id: str
    payer: str
    budget: Budget | None = None
    is_for_all: bool = False  # answers that other parts of the job have paid for are on this bill, too
    pages: int = 0  # pages that OCR read and this bill pays for
    recognized: int = 0  # pages that OCR read in this run, paid for or not
    paid: Usage = _NO_USAGE  # the usage of answers that were first paid for in this run
    _keys: set[str] = field(default_factory=set)  # keys of the answers on the bill
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
