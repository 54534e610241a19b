"""python -m tests.functions.bridge_program SERVER LAMBDA [GROUP ARN]: a process with a bridge that a test can kill."""

import logging
import sys

from durable.runtime import Settings, Worker, WorkerProcess
from tests.durable.worker_lab import GROUP
from tests.functions.fake_lambda import ARN
from worker.adapters.lambda_function import open_function

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    server, endpoint, group, arn = [*sys.argv[1:], GROUP, ARN][:4]
    settings = Settings(url=server, group=group, concurrency=50, lease=120.0)
    WorkerProcess([Worker(settings, [], function=open_function(arn, endpoint=endpoint))]).run()
