"""A system that files share, and a function whose events say what it does."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import samples, site
from local.system import System
from tests.warm_system import make_system

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


@pytest.fixture(scope="session")
def documents() -> Iterator[site.Site]:
    """The sample documents at addresses that the system may download from."""
    with site.serve_documents(samples.DOCUMENTS) as served:
        yield served


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, documents: site.Site) -> Iterator[System]:
    """A system that the files of a process share: a test names its own jobs."""
    with make_system(tmp_path_factory.mktemp("system"), os.environ, allowed_hosts=documents.host) as running:
        yield running


@pytest.fixture
def handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A function in a folder of its own, as a dotted path."""
    room = tmp_path / "lambdas_here" / "slow"
    room.mkdir(parents=True)
    (room / "handler.py").write_text(HANDLER)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return "lambdas_here.slow.handler.handler"
