"""A function whose events say what it does."""

import os
import sys
from pathlib import Path

import pytest

HANDLER = """
import os, time

def handler(event, context):
    print("a log line")
    if "raise" in event:
        raise ValueError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    time.sleep(event.get("seconds", 0))
    left = context.get_remaining_time_in_millis()
    return {"pid": os.getpid(), "left": left, "id": context.aws_request_id, "name": context.function_name}
"""


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A function in a folder of its own, as a dotted path."""
    room = tmp_path / "lambdas_here" / "slow"
    room.mkdir(parents=True)
    (room / "handler.py").write_text(HANDLER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return "lambdas_here.slow.handler.handler"
