"""Measure the usage of a step. It is part of the step's checkpoint, so no later run counts it again.

The seconds are those of the run that finished. The seconds of a crashed run are lost; its payments are in the ledger.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Final

from contract.names import Step, promise_id
from contract.result import StoredResult
from contract.usage import Usage
from durable import Field, log_event

from .ledger import Bill, Budget, bill_to
from .prices import FREE, Rates

METERED_EVENT: Final = "metered"  # event: a job is done
PAID_EVENT: Final = "paid"  # event: a run of a step has ended; metrics count it
_LOG: Final = logging.getLogger(__name__)

type Seconds = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Meter:
    """The prices, and a monotonic clock."""

    rates: Rates = FREE
    now: Seconds = monotonic

    def stopwatch(self) -> Seconds:
        """Return a function that returns the seconds since this call."""
        start = self.now()
        return lambda: round(self.now() - start, 3)


METER: Final = Meter()


def job_usage_fields(result: StoredResult) -> Mapping[str, Field]:
    """Return the fields of the log line about a whole job."""
    total = sum(result.usage.values(), Usage())
    return {
        "event": METERED_EVENT,
        "promiseId": promise_id(result.job_id),
        "pages": result.page_count,
        "recognized": total.pages,
        "tokensIn": total.input_tokens,
        "tokensOut": total.output_tokens,
        "costUsd": result.cost_usd,
        **{f"{step}Seconds": usage.seconds for step, usage in result.usage.items()},
    }


@contextmanager
def meter_step(
    job_id: str, step: Step, meter: Meter, budget: Budget | None = None, *, is_for_all: bool = False
) -> Iterator[Bill]:
    """Keep a job's bill while a step runs; log this run's usage, even if it fails.

    Payments of an earlier run are on the bill, but are not logged again.
    """
    seconds = meter.stopwatch()
    with bill_to(job_id, budget, is_for_all=is_for_all) as bill:
        try:
            yield bill
        finally:
            _log_usage(bill, step, meter.rates, seconds())


def _log_usage(bill: Bill, step: Step, rates: Rates, seconds: float) -> None:
    recognized = bill.paid.pages if rates.page else bill.recognized
    if not (recognized or bill.paid.input_tokens or bill.paid.output_tokens):
        return
    tokens = rates.of_tokens(bill.paid)
    fields: dict[str, Field] = {
        "event": PAID_EVENT,
        "promiseId": promise_id(bill.job_id),
        "step": step.value,
        "seconds": seconds,
        "recognized": recognized,
        "tokensIn": bill.paid.input_tokens,
        "tokensOut": bill.paid.output_tokens,
        "costUsd": None if tokens is None else round(tokens + rates.of_pages(bill.paid.pages), 6),
    }
    log_event(_LOG, logging.INFO, "the usage of a step", fields)
