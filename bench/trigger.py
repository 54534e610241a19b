"""What the trigger's cold start costs on the processor: its imports, beside those of the same routes on the full SDK.

Byte code is compiled as for a Lambda bundle, where no file's time is looked at. The numbers are of this machine: of a
function's own start the ratio is what carries over.
"""

import compileall
import os
import py_compile
import shutil
import site
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from local.servers import ROOT

from .report import table

RUNS: Final = 15
PATIENCE: Final = 60.0  # seconds; a run takes less than one
PACKAGES: Final = ("contract", "wire", "lambdas", "bench")
BARE: Final = "an interpreter that imports nothing"
IMPORTS: Final = {
    BARE: "os",
    "the trigger's handler": "lambdas.trigger.handler",
    "the same routes on the full SDK": "bench.sdk_routes",
}


def trigger(_: int) -> str:
    """Cold import of the trigger's handler, beside the same routes on the full SDK: median of 15 new processes each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _bundle(folder)
        for module in IMPORTS.values():
            _import(folder, module)  # the files are in the machine's cache afterwards, for all alike
        # In turns: what else the machine does meets all alike.
        rounds = [{what: _import(folder, module) for what, module in IMPORTS.items()} for _ in range(RUNS)]
    medians = {what: statistics.median(one[what] for one in rounds) * 1000 for what in IMPORTS}
    own = {what: ms - medians[BARE] for what, ms in medians.items() if what != BARE}
    least = min(own.values())
    rows = [(what, f"{medians[what]:.0f}", f"{ms:.0f}", f"{ms / least:.1f}") for what, ms in own.items()]
    rows.insert(0, (BARE, f"{medians[BARE]:.0f}", "", ""))
    return table(("process", "ms", "ms of its own", "ratio"), rows)


def _bundle(folder: Path) -> None:
    """Copy our own packages, and compile them so that no file's time is compared."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(folder, quiet=1, invalidation_mode=mode):
        raise RuntimeError("our own code does not compile")


def _import(folder: Path, module: str) -> float:
    """Return the seconds of a process that imports a module and ends, without tidying up as a container never would."""
    packages = site.getsitepackages()
    code = f"import os, sys; sys.path += {packages}; import {module}; os._exit(0)"
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-S", "-E", "-c", code],
        cwd=folder, env={"PATH": os.environ.get("PATH", "")}, timeout=PATIENCE, check=True,
    )  # fmt: skip
    return time.perf_counter() - begun
