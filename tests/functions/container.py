"""python -m tests.functions.container URL EVENT: a process that answers one call, as a container of Lambda does."""

import sys

from msgspec import json

from durable.runtime import FunctionWorker, Settings
from durable.wire.function_calls import FunctionCall
from tests.durable.worker_lab import GROUP
from tests.functions.flows import WORKFLOWS

if __name__ == "__main__":
    worker = FunctionWorker(Settings(url=sys.argv[1], group=GROUP), WORKFLOWS)
    answer = worker.answer(json.decode(sys.argv[2], type=FunctionCall), 300.0)
    sys.stdout.write(json.encode(answer).decode() + "\n")
