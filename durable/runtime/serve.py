"""The end of a worker's process, which comes whatever a step or a thread of it does."""

import asyncio
import logging
import os
import sys
from typing import NoReturn

from durable.logs import log_event
from durable.private import keep_private

from .together import WorkerProcess
from .worker import Worker

_LOG = logging.getLogger(__name__)


def serve(worker: Worker | WorkerProcess) -> NoReturn:
    """Run the worker and end this process, also when a step or a thread does not end."""

    async def work() -> None:
        code = 1
        try:
            code = await worker.run()
        except Exception as exc:  # noqa: BLE001 the last place that can tell of it
            log_event(_LOG, logging.CRITICAL, "a fault in the worker itself", {}, exc)
        finally:
            logging.shutdown()
            sys.stdout.flush()
            os._exit(code)  # leaving in order would wait for whatever ignores its cancellation, for ever

    keep_private()
    asyncio.run(work())
    raise AssertionError  # the process has ended
