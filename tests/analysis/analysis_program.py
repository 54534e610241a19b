"""python -m tests.analysis.analysis_program URL STORE [N]: run one analysis as a worker does, and print the result.

With a number N, it prints "kept" and blocks forever once N answers are stored and none of them is used yet. The test
kills it at that point.
"""

import asyncio
import sys
from typing import Any

from contract.engines import AnalyzerKind
from contract.job import DocumentType
from tests.analysis.analyzer_lab import make_pages
from worker.adapters.object_store import Store
from worker.analysis.llm.model_analyzer import ModelAnalyzer
from worker.analysis.llm.models import ModelChoice
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger, PaidAnswer

DOCUMENT = tuple(f"Page {number} tells of one more thing than the one before." for number in range(1, 4))


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


def main(url: str, address: str, pause_after: str = "") -> None:
    choice = ModelChoice(provider=AnalyzerKind.OPENAI, model="some-model", base_url=f"{url}/v1")
    store = Store.open(address)
    ledger = PausingLedger(store, int(pause_after)) if pause_after else Ledger(store)
    analyzer = ModelAnalyzer("it", choice.open, ledger=ledger, schemas=read_schemas())
    analysis = asyncio.run(analyzer(DocumentType.REPORT, make_pages(*DOCUMENT), max_characters=60))
    sys.stdout.write(analysis.model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
