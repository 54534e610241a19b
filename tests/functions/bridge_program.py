"""python -m tests.functions.bridge_program SERVER LAMBDA: a process with a bridge, which a test can kill."""

import logging
import sys

from durable.runtime import Settings, Worker, WorkerProcess
from tests.durable.worker_lab import GROUP
from tests.functions.fake_lambda import ARN
from worker.adapters.lambda_function import open_function

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    settings = Settings(url=sys.argv[1], group=GROUP, concurrency=50, lease=120.0)
    WorkerProcess([Worker(settings, [], function=open_function(ARN, endpoint=sys.argv[2]))]).run()
