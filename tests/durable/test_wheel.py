"""The toolkit is a package of its own: a wheel without Longhand, that needs what it declares and no more."""

import json
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.server_process import ROOT
from tests.wheels import build_wheel, list_requirements

PROJECT = tomllib.loads((ROOT / "durable/pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
MODULES = {  # of each extra, in the order of their imports
    "tracing": ["durable.tracing"],
    "server": ["durable.embedded"],
    "testing": ["durable.testing", "durable.command"],
}
IMPORT_ALL = """
import json, os, pkgutil, sys
from importlib import import_module
import durable
extras = json.loads(sys.argv[1])
names = [module.name for module in pkgutil.walk_packages(durable.__path__, "durable.")]

def load(extra):
    prefixes = tuple(extras.get(extra, sum(extras.values(), [])))
    for name in names:
        if name.startswith(prefixes) == (extra in extras) and not name.endswith("__main__"):
            import_module(name)
    specs = {name.split(".")[0]: module.__spec__ for name, module in sys.modules.items()}
    print(json.dumps([extra, {name: str(spec.origin) for name, spec in specs.items() if spec}]), flush=True)

load("none")
if os.fork() == 0:  # without the other extras
    load("tracing")
    os._exit(0)
os.wait()
load("server")
load("testing")
"""


list_packages = cache(packages_distributions)  # reads the metadata of everything that is installed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the contents of the wheel, and nothing else of the project."""
    out = tmp_path_factory.mktemp("wheel")
    with ZipFile(build_wheel("durable", out)) as archive:
        archive.extractall(out / "installed")
    return out / "installed"


@pytest.fixture(scope="module")
def imported(folder: Path) -> dict[str, dict[str, Path]]:
    """The modules that are there when all of the wheel is imported but other extras, by the name of the extra."""
    command = [sys.executable, "-c", IMPORT_ALL, json.dumps(MODULES)]
    run = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, check=True, capture_output=True, text=True
    )
    found = dict(map(json.loads, run.stdout.splitlines()))
    return {extra: {name: Path(origin) for name, origin in origins.items()} for extra, origins in found.items()}


def test_the_wheel_holds_the_toolkit_and_nothing_else(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"durable", f"longhand_durable-{PROJECT['version']}.dist-info"}
    sources = {path.relative_to(ROOT) for path in (ROOT / "durable").rglob("*.py")}
    assert sources == {path.relative_to(folder) for path in folder.rglob("*.py")}
    assert (folder / "durable/py.typed").is_file()


@pytest.mark.parametrize("extra", ["none", "server", "testing", "tracing"])
def test_the_wheel_needs_what_it_declares_only(folder: Path, imported: dict[str, dict[str, Path]], extra: str) -> None:
    """Steps, workflows, worker and client need the SDK and pydantic; server, test kit and tracing need their extra."""
    extras = [*EXTRAS["server"], *EXTRAS["testing"][1:]] if extra == "testing" else EXTRAS.get(extra, [])
    origins, packages = imported[extra], list_packages()
    ours = {name for name, origin in origins.items() if origin.is_relative_to(folder)}
    assert ours == {"durable"}
    others = {package.lower().replace("_", "-") for name in origins.keys() - ours for package in packages.get(name, [])}
    others -= {"psutil"} if extra == "tracing" else set()  # OpenTelemetry imports it where it is installed
    assert others <= list_requirements([*PROJECT["dependencies"], *extras])


def test_the_wheel_brings_the_command(folder: Path) -> None:
    entry_points = (folder / f"longhand_durable-{PROJECT['version']}.dist-info/entry_points.txt").read_text()
    module, _, function = PROJECT["scripts"]["durable"].partition(":")
    assert f"durable = {module}:{function}" in entry_points
    command = [
        sys.executable,
        "-c",
        f"import sys, {module} as command; sys.exit(command.{function}())",
        "lint",
        "durable/saga.py",
    ]
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder)}, check=True, capture_output=True)
