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
    program = "import sys, wire.client; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    imported = set(run.stdout.split())
    assert "wire.client" in imported
    assert imported & HEAVY == set()


def test_the_client_imports_no_other_room() -> None:
    """It can serve any workflow."""
    program = "import sys, wire.client; print(*(m.split('.')[0] for m, v in sys.modules.items() if v.__spec__))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert set(run.stdout.split()) & rooms == {"wire"}
