"""What a step has taken, as it says in its result: a checkpoint keeps it, so no other run of the step counts it again.

Seconds are those of the run that came to its end. What an earlier one spent before it died, nobody knows any more; what
it paid for, the ledger does.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

from contract.names import Step, promise_id
from contract.result import StoredResult
from contract.use import Use
from durable import Field, log_event

from .ledger import Bill, Budget, billed_to
from .prices import FREE, Rates

METERED: Final = "metered"  # of a job that is done
PAID: Final = "paid"  # of a run of a step, however it ended: what metrics count
_LOG: Final = logging.getLogger(__name__)

type Seconds = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Meter:
    """What it measures by: the prices, and a clock that only goes on."""

    rates: Rates = FREE
    now: Seconds = monotonic

    def started(self) -> Seconds:
        """Return what tells the seconds since this moment."""
        began = self.now()
        return lambda: round(self.now() - began, 3)


METER: Final = Meter()


def job_use_fields(result: StoredResult) -> Mapping[str, Field]:
    """Return the fields of the log line about a whole job."""
    total = sum(result.metering.values(), Use())
    return {
        "event": METERED,
        "promiseId": promise_id(result.job_id),
        "pages": result.page_count,
        "recognized": total.pages,
        "tokensIn": total.input_tokens,
        "tokensOut": total.output_tokens,
        "costUsd": result.cost_usd,
        **{f"{step}Seconds": use.seconds for step, use in result.metering.items()},
    }


@contextmanager
def paying(
    job_id: str, step: Step, meter: Meter, budget: Budget | None = None, *, is_for_all: bool = False
) -> Iterator[Bill]:
    """Keep a job's bill while a step runs, and tell what this run of it took, also if it fails.

    What an earlier run had paid for is on the bill, and is not told again.
    """
    seconds = meter.started()
    with billed_to(job_id, budget, is_for_all=is_for_all) as bill:
        try:
            yield bill
        finally:
            _tell(bill, step, meter.rates, seconds())


def _tell(bill: Bill, step: Step, rates: Rates, seconds: float) -> None:
    recognized = bill.paid.pages if rates.page else bill.seen
    if not (recognized or bill.paid.input_tokens or bill.paid.output_tokens):
        return
    tokens = rates.of_tokens(bill.paid)
    fields: dict[str, Field] = {
        "event": PAID,
        "promiseId": promise_id(bill.job_id),
        "step": step.value,
        "seconds": seconds,
        "recognized": recognized,
        "tokensIn": bill.paid.input_tokens,
        "tokensOut": bill.paid.output_tokens,
        "costUsd": None if tokens is None else round(tokens + rates.of_pages(bill.paid.pages), 6),
    }
    log_event(_LOG, logging.INFO, "a step has taken", fields)
