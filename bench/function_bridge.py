"""A bridge as a process, to be measured: python -m bench.function_bridge SERVER LAMBDA CONCURRENCY."""

import logging
import sys
from typing import Final

from contract.names import FUNCTIONS
from durable.runtime import Settings, Worker, WorkerProcess
from worker.adapters.lambda_function import open_function

ARN: Final = "arn:aws:lambda:us-east-1:000000000000:function:functions"

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    server, endpoint, concurrency = sys.argv[1:]
    settings = Settings(url=server, group=FUNCTIONS, concurrency=int(concurrency))
    WorkerProcess([Worker(settings, [], function=open_function(ARN, endpoint=endpoint))]).run()
