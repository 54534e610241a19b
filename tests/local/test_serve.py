"""The system that is kept up: one at a time in a folder."""

import fcntl
import subprocess
import sys
from pathlib import Path

from local.servers import ROOT


def test_a_folder_that_is_in_use_is_left_alone_also_when_it_should_be_fresh(tmp_path: Path) -> None:
    state = tmp_path / "serve"
    state.mkdir()
    (state / "jobs").write_text("somebody's")
    with (tmp_path / "serve.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "local.serve", "--state", str(state), "--fresh"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert done.stderr == f"serve: another serve uses {state}: stop it, or choose another folder with --state\n"
    assert (state / "jobs").read_text() == "somebody's"
