"""Each cold start of a Lambda function pays for every module that the client imports."""

import subprocess
import sys

from local.server_process import ROOT

HEAVY = {
    *("aiohttp", "asyncio", "boto3", "botocore", "http.server", "httpx", "multiprocessing", "pydantic", "requests"),
    *("resonate", "resonate_base", "sqlite3", "unittest", "xml"),
}


def test_importing_the_client_imports_nothing_heavy() -> None:
    """Neither an SDK nor an event loop; the bench measures the time."""
    program = "import sys, durable.wire.client; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    imported = set(run.stdout.split())
    assert "durable.wire.client" in imported
    assert imported & HEAVY == set()


def test_the_client_imports_nothing_else_of_ours() -> None:
    """Neither another room nor the SDK's part of the toolkit: it starts any workflow."""
    program = "import sys, durable.wire.client; print(*(m for m, v in sys.modules.items() if v.__spec__))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()}
    ours = {module for module in run.stdout.split() if module.split(".")[0] in rooms}
    assert {module for module in ours if not module.startswith("durable.wire")} == {"durable"}
