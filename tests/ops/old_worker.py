"""A worker of another version: the same name of the workflow, the same group, a version that nobody asks for."""

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
