"""What a new container of the trigger costs before it answers, beside the same routes on the full SDK.

Both are bundles as they ship, each run with its folder and nothing else. The numbers are of this machine: of a
function's own start the ratio is what carries over.
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
from .report import table
from .scale import Scale

RUNS: Final = 15
COLD_STARTS: Final = 5
WARM: Final = 101  # requests
PATIENCE: Final = 60.0  # seconds; a run takes less than one
BOTH: Final = "what both stand on: Powertools, contract"
OURS: Final = "the trigger"
THEIRS: Final = "the same routes on the full SDK"
MODULES: Final = {
    BOTH: ["aws_lambda_powertools.event_handler", "contract.answers", "contract.job", "contract.progress"],
    OURS: ["lambdas.trigger.handler"],
    THEIRS: ["bench.sdk_routes"],
}


def trigger(_: Scale) -> str:
    """Import, first requests and size of the trigger's bundle, beside one on the full SDK: medians of new processes."""
    with TemporaryDirectory() as name, start(EmbeddedProgram(), Path(name) / "server") as server:
        folder = Path(name)
        theirs, ours = bundles.on_the_sdk(folder / "theirs"), bundles.shipped(folder / "ours")
        folders = {BOTH: ours, OURS: ours, THEIRS: theirs}
        environ = {
            "RESONATE_URL": server.url,
            "STORE_URL": (folder / "store").as_uri(),
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        return f"{_imports(folders, environ)}\n\n{_starts(folders, environ)}"


def _imports(folders: Mapping[str, Path], environ: Mapping[str, str]) -> str:
    # In turns: what else the machine does meets all alike. The first round fills the machine's cache.
    rounds = [{what: _probe(what, folders[what], environ, turn) for what in folders} for turn in range(RUNS + 1)][1:]
    medians = {
        what: [statistics.median(at) for at in zip(*(one[what] for one in rounds), strict=True)] for what in folders
    }
    rows = [
        [
            what,
            "" if what == BOTH else f"{bundles.zipped(folders[what]) / 1e6:.1f}",
            *[f"{ms:.1f}" for ms in times],
            *[""] * (4 - len(times)),
            f"{times[0] / medians[OURS][0]:.2f}",
        ]
        for what, times in medians.items()
    ]
    head = ("bundle", "zipped MB", "import CPU ms", "first POST ms", "first GET ms", "warm GET ms", "ratio of imports")
    return table(head, rows)


def _probe(what: str, folder: Path, environ: Mapping[str, str], turn: int) -> list[float]:
    events = [] if what == BOTH else _events(f"{'ours' if what == OURS else 'theirs'}-{turn}")
    ended = subprocess.run(
        [sys.executable, "-S", Path(probe.__file__), *MODULES[what]],
        cwd=folder, env=environ, input="".join(json.dumps(one) + "\n" for one in events),
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    times: list[float] = json.loads(ended.stderr)
    return times


def _events(job_id: str) -> list[Json]:
    job = {"jobId": job_id, "documentUrl": "https://example.com/a.pdf", "requesterId": "bench"}
    return [
        make_event("POST", "/process-document", body=json.dumps(job).encode()),
        make_event("GET", f"/status/{job_id}"),
    ]


def _starts(folders: Mapping[str, Path], environ: Mapping[str, str]) -> str:
    """Whole cold starts in Lambda's own emulator, its runtime client included."""
    turns = range(COLD_STARTS + 1)
    rounds = [{what: _start(what, folders[what], environ, turn) for what in (OURS, THEIRS)} for turn in turns][1:]
    rows = []
    for what in (OURS, THEIRS):
        cold, warm = (statistics.median(at) for at in zip(*(one[what] for one in rounds), strict=True))
        rows.append((what, f"{cold:.0f}", f"{warm:.1f}"))
    return table(("in Lambda's emulator", "cold start and first POST ms", "warm GET p50 ms"), rows)


def _start(what: str, folder: Path, environ: Mapping[str, str], turn: int) -> tuple[float, float]:
    handler = f"{MODULES[what][-1]}.handler"
    declared = Declaration(bundle=folder, handler=handler, timeout=20, memory=512, environment=environ)
    post, get = _events(f"emulated-{'ours' if what == OURS else 'theirs'}-{turn}")
    with TemporaryDirectory() as name, Emulator(declared, Path(name)) as emulator:
        cold = _invoke(emulator, post)
        return cold, statistics.median(_invoke(emulator, get) for _ in range(WARM))


def _invoke(emulator: Emulator, request: Json) -> float:
    begun = time.perf_counter()
    answer = emulator.invoke(request)
    seconds = time.perf_counter() - begun
    if answer.get("statusCode") not in (200, 202):
        raise RuntimeError(f"answered {answer}")
    return seconds * 1000
