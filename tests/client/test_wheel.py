"""The client is a package of its own: a wheel with what it needs of `contract`, and no code that needs more."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from local.server_process import ROOT
from tests.wheels import build_wheel

PROJECT = tomllib.loads((ROOT / "longhand_client" / "pyproject.toml").read_text())["project"]
IMPORT_ALL = """
import json, pkgutil, sys
from importlib import import_module
import longhand_client
for module in pkgutil.walk_packages(longhand_client.__path__, "longhand_client."):
    import_module(module.name)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the contents of the wheel, and nothing else of the project."""
    out = tmp_path_factory.mktemp("wheel")
    with ZipFile(build_wheel("longhand_client", out)) as archive:
        archive.extractall(out / "installed")
    return out / "installed"


def list_modules(folder: Path, package: str) -> set[str]:
    return {file.stem for file in (folder / package).rglob("*.py")} - {"__init__"}


def test_the_wheel_holds_the_client_and_the_modules_of_the_contract_that_it_imports(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL], cwd=folder, env={"PYTHONPATH": str(folder)},
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, f"list the module in longhand_client/pyproject.toml: {run.stderr}"
    imported = set(json.loads(run.stdout))
    needed = {name.partition(".")[2] for name in imported if name.startswith("contract.")}
    assert list_modules(folder, "contract") == needed
    assert list_modules(folder, "longhand_client") == list_modules(ROOT, "longhand_client")
    assert not imported & {"pydantic", "durable", "resonate", "boto3", "botocore", "obstore", "typer"}


def test_the_wheel_is_typed_described_and_nothing_else(folder: Path) -> None:
    metadata = f"longhand_client-{PROJECT['version']}.dist-info"
    assert {path.name for path in folder.iterdir()} == {"contract", "longhand_client", metadata}
    assert all((folder / package / "py.typed").is_file() for package in ("contract", "longhand_client"))
    assert "# longhand-client" in (folder / metadata / "METADATA").read_text()
