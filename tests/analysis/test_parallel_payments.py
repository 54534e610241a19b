"""Identical parallel requests have one answer everywhere, and one payment within a process."""

import asyncio

from tests.analysis.test_ledger import CountingProvider
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, PaidAnswer


def test_two_parallel_processes_agree_on_one_answer(store: Store) -> None:
    """Both may pay; both then use the same one of the two answers."""
    both = asyncio.Barrier(2)

    def make_payment(answer: bytes) -> object:
        async def pay(_: str) -> bytes:
            await both.wait()
            return answer

        return pay

    async def run() -> list[bytes]:
        payments = (Ledger(store).pay_once("key", make_payment(answer)) for answer in (b"one", b"other"))  # type: ignore[arg-type] # pay functions
        return [paid.answer for paid in await asyncio.gather(*payments)]

    one, other = asyncio.run(run())
    assert one == other


def test_two_identical_parallel_requests_are_paid_once(store: Store) -> None:
    """Within one process, the second request gets the first one's answer and no bill."""
    ledger, provider, is_sent, resumed = Ledger(store), CountingProvider(), asyncio.Event(), asyncio.Event()

    async def slow(request: str) -> bytes:
        is_sent.set()
        await resumed.wait()
        return await provider(request)

    async def run() -> list[PaidAnswer]:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(ledger.pay_once("key", slow))
            await is_sent.wait()
            second = group.create_task(ledger.pay_once("key", provider))
            await ledger.pay_once("other", provider)  # a different request does not wait
            resumed.set()
        return [first.result(), second.result()]

    assert [(paid.answer, paid.is_billed) for paid in asyncio.run(run())] == [
        (b"an answer", True),
        (b"an answer", False),
    ]
    assert provider.paid == ["other", "key"]


def test_a_waiting_request_is_sent_if_the_first_one_is_canceled(store: Store) -> None:
    """The first request is canceled before its answer."""
    ledger, provider, is_sent = Ledger(store), CountingProvider(), asyncio.Event()

    async def never(_: str) -> bytes:
        is_sent.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> PaidAnswer:
        first = asyncio.create_task(ledger.pay_once("key", never))
        await is_sent.wait()
        second = asyncio.create_task(ledger.pay_once("key", provider))
        await ledger.pay_once("other", provider)
        first.cancel()
        return await second

    assert asyncio.run(run()).answer == b"an answer"
    assert provider.paid == ["other", "key"]
