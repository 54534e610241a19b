"""What two ask at once is paid once where they can know of each other, and has one answer everywhere."""

import asyncio

from tests.analysis.test_ledger import CountingProvider
from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, Paid


def test_two_processes_at_once_agree_on_one_answer(store: Store) -> None:
    """Both may have paid; what counts is one of the two, for both."""
    both = asyncio.Barrier(2)

    def payer(answer: bytes) -> object:
        async def pay(_: str) -> bytes:
            await both.wait()
            return answer

        return pay

    async def run() -> list[bytes]:
        payments = (Ledger(store).pay_once("key", payer(answer)) for answer in (b"one", b"other"))  # type: ignore[arg-type] # they fit
        return [paid.answer for paid in await asyncio.gather(*payments)]

    one, other = asyncio.run(run())
    assert one == other


def test_two_who_ask_the_same_at_once_pay_once(store: Store) -> None:
    """In one process, for whatever two parts of a job: the second has the first one's answer, not on its bill."""
    ledger, provider, is_sent, on = Ledger(store), CountingProvider(), asyncio.Event(), asyncio.Event()

    async def slow(request: str) -> bytes:
        is_sent.set()
        await on.wait()
        return await provider(request)

    async def run() -> list[Paid]:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(ledger.pay_once("key", slow))
            await is_sent.wait()
            second = group.create_task(ledger.pay_once("key", provider))
            await ledger.pay_once("other", provider)  # another question does not wait
            on.set()
        return [first.result(), second.result()]

    assert [(paid.answer, paid.is_billed) for paid in asyncio.run(run())] == [
        (b"an answer", True),
        (b"an answer", False),
    ]
    assert provider.paid == ["other", "key"]


def test_who_waits_for_the_answer_to_the_same_question_asks_if_there_comes_none(store: Store) -> None:
    """The first was canceled while it asked."""
    ledger, provider, is_sent = Ledger(store), CountingProvider(), asyncio.Event()

    async def never(_: str) -> bytes:
        is_sent.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> Paid:
        first = asyncio.create_task(ledger.pay_once("key", never))
        await is_sent.wait()
        second = asyncio.create_task(ledger.pay_once("key", provider))
        await ledger.pay_once("other", provider)
        first.cancel()
        return await second

    assert asyncio.run(run()).answer == b"an answer"
    assert provider.paid == ["other", "key"]
