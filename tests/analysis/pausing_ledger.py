"""A ledger for programs that a test kills between a paid answer and its use."""

import asyncio
import sys
from typing import Any

from worker.adapters.object_store import Store
from worker.costs.ledger import Ledger, PaidAnswer


class PausingLedger(Ledger):
    """A ledger that blocks once `pause_after` answers are stored."""

    def __init__(self, store: Store, pause_after: int) -> None:
        super().__init__(store)
        self._left = pause_after

    async def pay_once(self, *args: Any, **kwargs: Any) -> PaidAnswer:  # noqa: ANN401 the parent's signature
        paid = await super().pay_once(*args, **kwargs)
        self._left -= 1
        if self._left <= 0:
            sys.stdout.write("kept\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
        return paid
