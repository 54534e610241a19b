"""A worker of another version: the same name of the workflow, the same group, a version that nobody asks for."""

import sys

from resonate.context import Context

from contract.names import DOCUMENTS, PROCESS_DOCUMENT, VERSION
from durable.runtime.serve import serve
from durable.runtime.settings import Settings
from durable.runtime.worker import Worker
from durable.workflow import workflow


@workflow(name=PROCESS_DOCUMENT, version=VERSION + 1)
async def process_document(_: Context, document: str) -> str:
    """Do nothing."""
    return document


if __name__ == "__main__":
    serve(Worker(Settings(url=sys.argv[1], group=DOCUMENTS), [process_document]))
