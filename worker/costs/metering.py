"""What a step has taken, as it says in its result: a checkpoint keeps it, so no other run of the step counts it again.

Seconds are those of the run that came to its end. What an earlier one spent before it died, nobody knows any more; what
it paid for, the ledger does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from contract.names import promise_id
from contract.result import StoredResult, Use
from durable.logs import Field

from .prices import FREE, Rates

METERED: Final = "metered"

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


def metered(result: StoredResult) -> Mapping[str, Field]:
    """Return the fields of the log line that tells of a whole job."""
    total = sum(result.metering.values(), Use())
    return {
        "event": METERED,
        "job": promise_id(result.job_id),
        "pages": result.page_count,
        "recognized": total.pages,
        "tokensIn": total.input_tokens,
        "tokensOut": total.output_tokens,
        "costUsd": result.cost_usd,
        **{f"{step}Seconds": use.seconds for step, use in result.metering.items()},
    }
