"""The program that makes the environment, in a folder whose environment is made already."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.servers import ROOT


@pytest.mark.parametrize(("system", "says"), [("Linux", ""), ("Darwin", "this is Darwin, and make demo, serve and")])
def test_a_system_that_is_not_linux_is_told_in_one_sentence(tmp_path: Path, system: str, says: str) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts")
    for name in ("requirements.txt", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    home = tmp_path / ".venv" / "bin"
    home.mkdir(parents=True)
    (home / "python").symlink_to(sys.executable)
    sums = ["cksum", "requirements.txt", ".python-version"]
    (tmp_path / ".venv" / ".ready").write_bytes(
        subprocess.run(sums, cwd=tmp_path, capture_output=True, check=True).stdout
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "uname").write_text(f"#!/bin/sh\necho {system}\n")
    (programs / "uname").chmod(0o755)
    environ = {"PATH": f"{programs}:/usr/bin:/bin", "PYTHON": "", "GOAL": "demo"}
    done = subprocess.run(
        [tmp_path / "scripts" / "setup"], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert says in done.stderr
    assert done.stderr.count("\n") == (1 if says else 0)
