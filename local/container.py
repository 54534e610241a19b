"""A container of a Lambda function: a process that answers one event at a time, as Lambda's runtime has it.

The first line on standard output says that the handler is imported. Then each line of input is an event, and each line
of output its answer. What the handler prints goes to standard error.
"""

import importlib
import json
import os
import sys
from typing import Final

from .events import Context, Json

READY: Final = "ready"


def main() -> None:
    """Answer events until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, _, name = sys.argv[1].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    print(json.dumps(READY), file=answers, flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        context = Context(call["function"], request_id=call["requestId"], seconds=call["seconds"])
        try:
            answer = {"answer": handler(call["event"], context)}
        except Exception as error:  # noqa: BLE001 - Lambda's runtime reports every one, and goes on
            answer = {"error": describe_error(error, context)}
        print(json.dumps(answer), file=answers, flush=True)


def describe_error(error: Exception, context: Context) -> Json:
    """Return what Lambda answers for an exception of the handler."""
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": context.aws_request_id,
        "stackTrace": [],
    }


if __name__ == "__main__":
    main()
