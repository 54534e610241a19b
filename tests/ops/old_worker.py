"""A worker of the documents group that knows only another version of the workflow."""

import sys

from resonate.context import Context

from contract.names import DOCUMENTS, PROCESS_DOCUMENT, VERSION
from durable import workflow
from durable.runtime import Settings, Worker, WorkerProcess


@workflow(name=PROCESS_DOCUMENT, version=VERSION + 1)
async def process_document(_: Context, document: str) -> str:
    """Do nothing."""
    return document


if __name__ == "__main__":
    WorkerProcess([Worker(Settings(url=sys.argv[1], group=DOCUMENTS), [process_document])]).run()
