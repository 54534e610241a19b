"""A new container's first moments, timed inside it: python -S probe.py MODULES, in a bundle's folder, events on stdin.

It imports nothing but the modules that it is told to, whose last has the handler: a bundle has no more.
"""

import importlib
import json
import os
import sys
import time
from typing import Any, Final

WARM: Final = 51  # requests after the first ones


class Context:
    """What the Lambda runtime hands over beside the event."""

    function_name = "probe"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:probe"
    aws_request_id = "probe"


def main() -> None:
    """Print milliseconds: the processor's for the import, then those of each event, and of the last one when warm."""
    events = [json.loads(line) for line in sys.stdin]
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - what pathlib costs is a part of what is measured
    begun = time.process_time()  # an import waits for nothing but files that are in memory
    module = [importlib.import_module(name) for name in sys.argv[1:]][-1]
    times = [time.process_time() - begun]
    times += [_request(module, event) for event in events]
    times += sorted(_request(module, event) for event in events[-1:] * WARM)[WARM // 2 : WARM // 2 + 1]
    sys.stderr.write(json.dumps([seconds * 1000 for seconds in times]))
    sys.stderr.flush()
    os._exit(0)  # without tidying up, as a container never does


def _request(module: Any, event: dict[str, Any]) -> float:  # noqa: ANN401 - whatever was named
    """Return the seconds of one request that went well."""
    begun = time.perf_counter()
    answer = module.handler(event, Context())
    seconds = time.perf_counter() - begun
    if answer["statusCode"] not in (200, 202):
        raise RuntimeError(f"answered {answer}")
    return seconds


if __name__ == "__main__":
    main()
