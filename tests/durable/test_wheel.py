"""The toolkit is a package of its own: a wheel without Longhand, that needs what it declares and no more."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.server_process import ROOT
from tests.wheels import build_wheel, list_requirements

PROJECT = tomllib.loads((ROOT / "durable/pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
IMPORT_ALL = """
import json, pkgutil, sys
from importlib import import_module
import durable
prefixes = tuple(sys.argv[1:])
for module in pkgutil.walk_packages(durable.__path__, "durable."):
    if not module.name.startswith(prefixes) and not module.name.endswith("__main__"):
        import_module(module.name)
specs = {name.split(".")[0]: module.__spec__ for name, module in sys.modules.items()}
print(json.dumps({name: str(spec.origin) for name, spec in specs.items() if spec}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the contents of the wheel, and nothing else of the project."""
    out = tmp_path_factory.mktemp("wheel")
    with ZipFile(build_wheel("durable", out)) as archive:
        archive.extractall(out / "installed")
    return out / "installed"


def import_all(folder: Path, *skipped: str) -> tuple[set[str], set[str]]:
    """Import every module of the wheel; return the folders of ours that were used, and the packages of others."""
    command = [sys.executable, "-c", IMPORT_ALL, *skipped]
    run = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, check=True, capture_output=True, text=True
    )
    origins = {name: Path(origin) for name, origin in json.loads(run.stdout).items()}
    ours = {name for name, origin in origins.items() if origin.is_relative_to(folder)}
    packages = packages_distributions()
    others = {package.lower().replace("_", "-") for name in origins.keys() - ours for package in packages.get(name, [])}
    return ours, others


def test_the_wheel_holds_the_toolkit_and_nothing_else(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"durable", f"longhand_durable-{PROJECT['version']}.dist-info"}
    sources = {path.relative_to(ROOT) for path in (ROOT / "durable").rglob("*.py")}
    assert sources == {path.relative_to(folder) for path in folder.rglob("*.py")}
    assert (folder / "durable/py.typed").is_file()


def test_steps_workflows_worker_and_client_need_the_sdk_and_pydantic_only(folder: Path) -> None:
    ours, others = import_all(folder, "durable.embedded", "durable.testing", "durable.tracing", "durable.command")
    assert ours == {"durable"}
    assert others <= list_requirements(PROJECT["dependencies"])


def test_the_embedded_server_needs_its_extra_only(folder: Path) -> None:
    ours, others = import_all(folder, "durable.testing", "durable.tracing", "durable.command")
    assert ours == {"durable"}
    assert others <= list_requirements([*PROJECT["dependencies"], *EXTRAS["server"]])


def test_the_test_kit_needs_its_extra_only(folder: Path) -> None:
    ours, others = import_all(folder, "durable.tracing")
    assert ours == {"durable"}
    assert others <= list_requirements([*PROJECT["dependencies"], *EXTRAS["server"], *EXTRAS["testing"][1:]])


def test_tracing_needs_its_extra_only(folder: Path) -> None:
    ours, others = import_all(folder, "durable.embedded", "durable.testing", "durable.command")
    assert ours == {"durable"}
    others -= {"psutil"}  # OpenTelemetry imports it where it is installed
    assert others <= list_requirements([*PROJECT["dependencies"], *EXTRAS["tracing"]])


def test_the_wheel_brings_the_command(folder: Path) -> None:
    entry_points = (folder / f"longhand_durable-{PROJECT['version']}.dist-info/entry_points.txt").read_text()
    module, _, function = PROJECT["scripts"]["durable"].partition(":")
    assert f"durable = {module}:{function}" in entry_points
    command = [
        sys.executable,
        "-c",
        f"import sys, {module} as command; sys.exit(command.{function}())",
        "lint",
        "durable",
    ]
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder)}, check=True, capture_output=True)
