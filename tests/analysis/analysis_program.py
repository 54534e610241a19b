"""python -m tests.analysis.analysis_program URL STORE [N]: run one analysis as a worker does, and print the result.

With a number N, it prints "kept" and blocks forever once N answers are stored and none of them is used yet. The test
kills it at that point.
"""

import asyncio
import sys

from contract.engines import AnalyzerKind
from contract.job import DocumentType
from tests.analysis.analyzer_lab import DOCUMENT, make_pages
from worker.adapters.object_store import Store
from worker.analysis.llm.model_analyzer import ModelAnalyzer
from worker.analysis.llm.models import ModelChoice
from worker.analysis.schema import read_schemas
from worker.costs.ledger import Ledger

from .pausing_ledger import PausingLedger


def main(url: str, address: str, pause_after: str = "") -> None:
    choice = ModelChoice(provider=AnalyzerKind.OPENAI, model="some-model", base_url=f"{url}/v1")
    store = Store.open(address)
    ledger = PausingLedger(store, int(pause_after)) if pause_after else Ledger(store)
    analyzer = ModelAnalyzer("it", choice.open, ledger=ledger, schemas=read_schemas())
    analysis = asyncio.run(analyzer(DocumentType.REPORT, make_pages(*DOCUMENT), max_characters=60))
    sys.stdout.write(analysis.model_dump_json())


if __name__ == "__main__":
    main(*sys.argv[1:])
