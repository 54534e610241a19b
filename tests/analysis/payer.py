"""python -m tests.analysis.payer URL STORE [N]: one try of an analysis, as a worker makes it; it prints the result.

With a number, it stops for ever once so many answers are kept, before any of them is used, and says so: there a test
kills it.
"""

import asyncio
import sys
from typing import Any

from contract.engines import AnalyzerKind
from contract.job import DocumentType
from tests.analysis.desk import pages
from worker.adapters.object_store import Store
from worker.analysis.llm.model_analyzer import ModelAnalyzer
from worker.analysis.llm.models import ModelChoice
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger, Paid

DOCUMENT = tuple(f"Page {number} tells of one more thing than the one before." for number in range(1, 4))


class Stopping(Ledger):
    """Gives no answer any more once so many are kept."""

    def __init__(self, store: Store, last: int) -> None:
        super().__init__(store)
        self._left = last

    async def pay_once(self, *args: Any, **kwargs: Any) -> Paid:  # noqa: ANN401 as it is there
        paid = await super().pay_once(*args, **kwargs)
        self._left -= 1
        if self._left <= 0:
            sys.stdout.write("kept\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
        return paid


def main(url: str, address: str, last: str = "") -> None:
    choice = ModelChoice(provider=AnalyzerKind.OPENAI, model="some-model", base_url=f"{url}/v1")
    store = Store.open(address)
    ledger = Stopping(store, int(last)) if last else Ledger(store)
    analyzer = ModelAnalyzer("it", choice.open, ledger=ledger, schemas=read_schemas())
    analysis = asyncio.run(analyzer(DocumentType.REPORT, pages(*DOCUMENT), max_characters=60))
    sys.stdout.write(analysis.model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
