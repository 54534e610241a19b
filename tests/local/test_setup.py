"""The program that makes the environment, in a folder whose environment is made already."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from tests.waiting import TIMEOUT_SECONDS

LOCKS = (
    "requirements.txt",
    ".python-version",
    "console/package-lock.json",
)  # an environment is made again if one changes


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with everything but the environment."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts")
    (tmp_path / "console").mkdir()
    for name in LOCKS:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make_half_environment(home: Path) -> None:
    """Make an environment as Ctrl-C leaves it: an interpreter without an installer."""
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / ".venv" / "bin" / "python").symlink_to(sys.executable)


def set_up(home: Path, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """Run setup without a network."""
    # The interpreter that made this one's environment: one from an environment would make an environment of that one.
    python = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
    environ = {"PATH": path, "PYTHON": python, "GOAL": "demo", "PIP_NO_INDEX": "1"}
    return subprocess.run(
        [home / "scripts" / "setup"], env=environ, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )


@pytest.mark.parametrize(("system", "says"), [("Linux", ""), ("Darwin", "this is Darwin, but make demo, serve and")])
def test_a_system_other_than_linux_is_refused_in_one_sentence(home: Path, system: str, says: str) -> None:
    make_half_environment(home)
    sums = ["cksum", *LOCKS]
    (home / ".venv" / ".ready").write_bytes(subprocess.run(sums, cwd=home, capture_output=True, check=True).stdout)
    programs = home / "programs"
    programs.mkdir()
    (programs / "uname").write_text(f"#!/bin/sh\necho {system}\n")
    (programs / "uname").chmod(0o755)
    done = set_up(home, f"{programs}:/usr/bin:/bin")
    assert done.returncode == 0
    assert says in done.stderr
    assert done.stderr.count("\n") == (1 if says else 0)


def test_an_incomplete_environment_is_made_again_and_a_complete_one_is_not(home: Path) -> None:
    make_half_environment(home)
    first, second = set_up(home), set_up(home)
    assert "setup: .venv is not a complete Python 3.13 environment: creating a new one" in first.stderr
    assert "setup: creating .venv with " in first.stderr
    # As far as it gets here: what is there by then can install packages.
    assert "setup: packages could not be installed: check the network" in first.stderr
    assert "No matching distribution found for uv" in first.stderr
    assert (first.returncode, second.returncode) == (1, 1)
    assert "creating" not in second.stderr
