"""The runbook's commands do to promises on a server what the runbook says."""

import os
import re
import subprocess

from durable.wire.client import Client
from durable.wire.requests import PromiseCreate
from local.server_process import ServerProcess
from tests.docs.pages import page

BLOCKS = re.findall(r"^```sh\n(.*?)^```", page("runbook"), re.MULTILINE | re.DOTALL)
YEAR_3000 = 32_503_680_000_000


def test_the_commands_approve_reject_and_cancel(server: ServerProcess) -> None:
    promises = ("doc/JOB", "doc/JOB:4", "doc/JOB:5")
    with Client(server.url) as client:
        for name in promises:
            client.create(PromiseCreate(id=name, timeout_at=YEAR_3000))
    [answers] = [block for block in BLOCKS if "settle()" in block]
    [cancel] = [block for block in BLOCKS if block.startswith("settle doc/JOB ")]
    script = "".join(line for line in answers.splitlines(keepends=True) if not line.startswith("eval")) + cancel
    subprocess.run(
        ["/bin/bash", "-euc", script],
        env={**os.environ, "LONGHAND_SERVER_URL": server.url},
        check=True,
        capture_output=True,
    )
    with Client(server.url) as client:
        job, approved, rejected = map(client.get, promises)
    assert (job.state, approved.state, rejected.state) == ("rejected_canceled", "resolved", "rejected")
    assert approved.value.data == "eyJtYXhDb3N0VXNkIjogMi41fQ=="  # {"maxCostUsd": 2.5}
