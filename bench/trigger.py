"""The cost of a new container of the trigger until it answers, compared with the same routes on the full SDK.

Both are complete bundles, each run with its folder only. The numbers are those of this machine; the ratio also holds
for a real function.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from local.emulator import Declaration, Emulator
from local.events import Json, make_event
from local.server_process import EmbeddedProgram, start

from . import bundles, probe
from .report import format_table
from .scale import Scale

RUNS: Final = 15
COLD_STARTS: Final = 5
WARM_REQUESTS: Final = 101
TIMEOUT_SECONDS: Final = 60.0  # a run takes less than one
SHARED_MODULES: Final = "shared by both: Powertools' log, contract"
OURS: Final = "the trigger"
THEIRS: Final = "the same routes on the full SDK"
MODULES: Final = {
    SHARED_MODULES: ["aws_lambda_powertools", "contract.answers", "contract.job", "contract.progress"],
    OURS: ["lambdas.trigger.handler"],
    THEIRS: ["bench.sdk_routes"],
}


def measure_trigger(_: Scale) -> str:
    """Import, first requests and size of the trigger's bundle and of one on the full SDK: medians of new processes."""
    with TemporaryDirectory() as name, start(EmbeddedProgram(), Path(name) / "server") as server:
        folder = Path(name)
        theirs, ours = bundles.build_with_sdk(folder / "theirs"), bundles.build_shipped(folder / "ours")
        folders = {SHARED_MODULES: ours, OURS: ours, THEIRS: theirs}
        environ = {
            "RESONATE_URL": server.url,
            "STORE_URL": (folder / "store").as_uri(),
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        return f"{_measure_imports(folders, environ)}\n\n{_measure_starts(folders, environ)}"


def _measure_imports(folders: Mapping[str, Path], environ: Mapping[str, str]) -> str:
    # In turns, so that other load affects all alike. The first round fills the machine's cache.
    rounds = [
        {bundle: _run_probe(bundle, folders[bundle], environ, turn) for bundle in folders} for turn in range(RUNS + 1)
    ][1:]
    medians = {
        bundle: [statistics.median(at) for at in zip(*(one[bundle] for one in rounds), strict=True)]
        for bundle in folders
    }
    rows = [
        [
            bundle,
            "" if bundle == SHARED_MODULES else f"{bundles.measure_zip_size(folders[bundle]) / 1e6:.1f}",
            *[f"{ms:.1f}" for ms in times],
            *[""] * (4 - len(times)),
            f"{times[0] / medians[OURS][0]:.2f}",
        ]
        for bundle, times in medians.items()
    ]
    head = ("bundle", "zipped MB", "import CPU ms", "first POST ms", "first GET ms", "warm GET ms", "ratio of imports")
    return format_table(head, rows)


def _run_probe(bundle: str, folder: Path, environ: Mapping[str, str], turn: int) -> list[float]:
    events = [] if bundle == SHARED_MODULES else _make_events(f"{'ours' if bundle == OURS else 'theirs'}-{turn}")
    ended = subprocess.run(
        [sys.executable, "-S", Path(probe.__file__), *MODULES[bundle]],
        cwd=folder, env=environ, input="".join(json.dumps(one) + "\n" for one in events),
        capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True,
    )  # fmt: skip
    times: list[float] = json.loads(ended.stderr)
    return times


def _make_events(job_id: str) -> list[Json]:
    job = {"jobId": job_id, "documentUrl": "https://example.com/a.pdf", "requesterId": "bench"}
    return [
        make_event("POST", "/process-document", body=json.dumps(job).encode()),
        make_event("GET", f"/status/{job_id}"),
    ]


def _measure_starts(folders: Mapping[str, Path], environ: Mapping[str, str]) -> str:
    """Measure whole cold starts in Lambda's emulator, runtime client included."""
    turns = range(COLD_STARTS + 1)
    rounds = [
        {bundle: _measure_start(bundle, folders[bundle], environ, turn) for bundle in (OURS, THEIRS)} for turn in turns
    ][1:]
    rows = []
    for bundle in (OURS, THEIRS):
        cold, warm = (statistics.median(at) for at in zip(*(one[bundle] for one in rounds), strict=True))
        rows.append((bundle, f"{cold:.0f}", f"{warm:.1f}"))
    return format_table(("in Lambda's emulator", "cold start and first POST ms", "warm GET p50 ms"), rows)


def _measure_start(bundle: str, folder: Path, environ: Mapping[str, str], turn: int) -> tuple[float, float]:
    handler = f"{MODULES[bundle][-1]}.handler"
    declared = Declaration(bundle=folder, handler=handler, timeout=20, memory=512, environment=environ)
    post, get = _make_events(f"emulated-{'ours' if bundle == OURS else 'theirs'}-{turn}")
    with TemporaryDirectory() as name, Emulator(declared, Path(name)) as emulator:
        cold = _invoke(emulator, post)
        return cold, statistics.median(_invoke(emulator, get) for _ in range(WARM_REQUESTS))


def _invoke(emulator: Emulator, request: Json) -> float:
    started = time.perf_counter()
    answer = emulator.invoke(request)
    seconds = time.perf_counter() - started
    if answer.get("statusCode") not in (200, 202):
        raise RuntimeError(f"answered {answer}")
    return seconds * 1000
