"""The bundle of the function worker beside one of the vendor's package: size, import, cold start and warm tasks."""

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from contract.names import FUNCTIONS_ADDRESS
from durable.wire.client import Client
from local.emulator import Declaration, Emulator
from local.server_process import EmbeddedProgram, Options, start

from . import bundles, probe
from .report import format_table

_RUNS: Final = 9
_COLD_STARTS: Final = 4
_TASKS: Final = 12  # of a container; the first one is the cold start
_TIMEOUT_SECONDS: Final = 60.0
_LIFETIME_SECONDS: Final = 3_600.0
_HANDLERS: Final = {"ours": "lambdas.functions.handler", "the vendor's package": "bench.vendor_function"}


def measure_starts() -> str:
    """Return the table: medians, the bundles in turns. The first round fills the machine's cache."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        built = {
            "ours": bundles.build_function(folder / "ours"),
            "the vendor's package": bundles.build_vendor_function(folder / "theirs"),
        }
        imports = [{bundle: _measure_import(bundle, built[bundle]) for bundle in built} for _ in range(_RUNS + 1)][1:]
        # The server announces nothing again: the tasks are for the emulator.
        with start(EmbeddedProgram(), folder / "server", options=Options(retry_timeout=3_600_000)) as server:
            turns = range(_COLD_STARTS + 1)
            starts = [
                {bundle: _measure_tasks(bundle, built[bundle], server.url, turn) for bundle in built} for turn in turns
            ][1:]
        rows = []
        for bundle, code in built.items():
            cold, warm, cpu, memory = (
                statistics.median(at) for at in zip(*(one[bundle] for one in starts), strict=True)
            )
            milliseconds = statistics.median(one[bundle] for one in imports)
            rows.append(
                [
                    bundle, f"{bundles.measure_zip_size(code) / 1e6:.1f}", f"{milliseconds:.0f}",
                    f"{cold:.0f}", f"{warm:.1f}", f"{cpu:.0f}", f"{memory:.0f}",
                ]
            )  # fmt: skip
    head = ["bundle", "zipped MB", "import CPU ms", "cold start and first task ms", "warm task p50 ms"]
    return format_table([*head, f"CPU ms of start and {_TASKS} tasks", "RSS MB"], rows)


def _measure_import(bundle: str, folder: Path) -> float:
    """Return the CPU milliseconds of the import in a new process."""
    ended = subprocess.run(
        [sys.executable, "-S", Path(probe.__file__), _HANDLERS[bundle]],
        cwd=folder, env={}, input="", capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=True,
    )  # fmt: skip
    milliseconds: float = json.loads(ended.stderr)[0]
    return milliseconds


def _measure_tasks(bundle: str, folder: Path, url: str, turn: int) -> tuple[float, float, float, float]:
    """Return the milliseconds of the first task and of a later one, the CPU milliseconds of all, and the memory."""
    jobs = [f"{'ours' if bundle == 'ours' else 'theirs'}-{turn}-{number}" for number in range(_TASKS)]
    with Client(url) as client:
        for job in jobs:
            client.start(job, "factorial", 1, target=FUNCTIONS_ADDRESS, timeout=_LIFETIME_SECONDS)
    environ = {"RESONATE_URL": url, "RESONATE_FUNCTION_URL": FUNCTIONS_ADDRESS}
    handler = f"{_HANDLERS[bundle]}.handler"
    declared = Declaration(bundle=folder, handler=handler, timeout=30, memory=512, environment=environ)
    with TemporaryDirectory() as name, Emulator(declared, Path(name)) as emulator:
        times = [_invoke(emulator, job) for job in jobs]
        [process] = emulator.processes
        cpu = process.cpu_times()
        memory = process.memory_info().rss / 2**20
    return times[0], statistics.median(times[1:]), 1_000 * (cpu.user + cpu.system), memory


def _invoke(emulator: Emulator, job: str) -> float:
    message = {"kind": "execute", "head": {}, "data": {"task": {"id": job, "version": 0}}}
    request: Mapping[str, object] = {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST", "path": "/"}},
        "headers": {"host": "function.example", "x-forwarded-proto": "https"},
        "rawPath": "/",
        "body": json.dumps(message),
        "isBase64Encoded": False,
    }
    started = perf_counter()
    answer = emulator.invoke(dict(request))
    milliseconds = 1_000 * (perf_counter() - started)
    if answer.get("statusCode") != 200 or json.loads(answer["body"])["status"] != "completed":  # noqa: PLR2004 HTTP's OK
        raise RuntimeError(f"answered {answer}")
    return milliseconds
