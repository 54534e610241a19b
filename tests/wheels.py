"""Builds a wheel of this repository, and installs it into an environment that has nothing but what it declares.

Nothing is downloaded: declared packages are linked from the environment of the tests.
"""

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from uv import find_uv_bin

from local.server_process import ROOT


def build_wheel(project: str, out: Path) -> Path:
    """Build the wheel of a folder with a pyproject.toml; return the file."""
    command = [find_uv_bin(), "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, str(ROOT / project), "--out-dir", str(out)], check=True)
    [wheel] = out.glob("*.whl")
    return wheel


def list_requirements(names: list[str]) -> set[str]:
    """Return these packages and all that they require."""
    waiting, found = [Requirement(name) for name in names], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace("_", "-")
        is_wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if is_wanted and name not in found:
            found.add(name)
            waiting += map(Requirement, distribution(name).requires or [])
    return found


def install_wheel(wheel: Path, requirements: list[str], folder: Path) -> Path:
    """Install a wheel and these requirements into a new environment; return its Python."""
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--offline", "--python", sys.executable, str(folder)], check=True)
    python = folder / "bin" / "python"
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python)]
    subprocess.run([*command, str(wheel)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    for name in list_requirements(requirements):
        _link_package(name, site)
    return python


def _link_package(name: str, site: Path) -> None:
    """Link the modules and packages of an installed distribution."""
    installed = distribution(name)
    for top in {file.parts[0] for file in installed.files or () if file.parts[0] != ".."}:
        (site / top).symlink_to(Path(str(installed.locate_file(top))))
