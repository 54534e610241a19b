"""Time the first requests inside a new process: python -S probe.py MODULES, in a bundle's folder, events on stdin.

It imports only the given modules, the last of which has the handler: a bundle contains no others.
"""

import importlib
import json
import os
import sys
import time
from typing import Any, Final

WARM_REQUESTS: Final = 51


class Context:
    """The context object of the Lambda runtime."""

    function_name = "probe"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:probe"
    aws_request_id = "probe"


def main() -> None:
    """Print milliseconds: CPU time of the import, then the time of each event, and of the last one when warm."""
    events = [json.loads(line) for line in sys.stdin]
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - importing pathlib would be measured, too
    started = time.process_time()  # an import waits only for cached files
    module = [importlib.import_module(name) for name in sys.argv[1:]][-1]
    times = [time.process_time() - started]
    times += [_time_request(module, event) for event in events]
    times += sorted(_time_request(module, event) for event in events[-1:] * WARM_REQUESTS)[
        WARM_REQUESTS // 2 : WARM_REQUESTS // 2 + 1
    ]
    sys.stderr.write(json.dumps([seconds * 1000 for seconds in times]))
    sys.stderr.flush()
    os._exit(0)  # without cleanup, as a container


def _time_request(module: Any, event: dict[str, Any]) -> float:  # noqa: ANN401 - any module
    """Return the seconds of one successful request."""
    started = time.perf_counter()
    answer = module.handler(event, Context())
    seconds = time.perf_counter() - started
    if answer["statusCode"] not in (200, 202):
        raise RuntimeError(f"answered {answer}")
    return seconds


if __name__ == "__main__":
    main()
