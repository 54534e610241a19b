"""`from durable import ...`: the toolkit's public names."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

import durable
import durable.runtime

FACES = [durable, durable.runtime]
# What a child process must not load for an error class and its limits.
FOR_THE_WORKER = {"aiohttp", "asyncio", "pydantic", "durable.run", "durable.steps", "resonate.context", "resonate.core"}


def find_loaded_modules(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys; {statement}; print(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_can_be_imported(face: ModuleType) -> None:
    for name in face.__all__:
        assert getattr(face, name) is not None


@pytest.mark.parametrize("face", FACES)
def test_type_checkers_see_the_same_names(face: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(face))
    [checked] = [node for node in tree.body if isinstance(node, ast.If)]
    imported = [alias.name for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(face.__all__)


def test_step_and_workflow_are_decorators_before_and_after_their_modules_are_imported() -> None:
    """Importing a submodule sets the attribute of its name on the package: none may be called `step`."""
    program = "from durable import step as before; import {modules}; from durable import step as after; "
    program += "import durable; assert before is after is durable.step and callable(after)"
    folder = Path(durable.__file__).parent
    modules = sorted(
        f"durable.{file.stem}" for file in folder.glob("*.py") if file.stem not in {"__init__", "__main__", "launcher"}
    )
    find_loaded_modules(program.format(modules=", ".join(modules)))
    assert not {file.stem for file in folder.glob("*.py")} & set(durable.__all__)


@pytest.mark.parametrize("name", ["PermanentError", "ErrorCode", "Limits", "Retry"])
def test_an_error_class_loads_nothing_that_only_a_worker_needs(name: str) -> None:
    assert not FOR_THE_WORKER & find_loaded_modules(f"from durable import {name}")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'steq'"):
        _ = cast("Any", durable).steq


def test_the_package_is_typed() -> None:
    assert (Path(durable.__file__).parent / "py.typed").exists()
