"""The files, classes, make targets and decisions that the pages name exist."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from local.server_process import ROOT

from .pages import PAGES

ROOMS = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name.isidentifier()}
DECISIONS = ROOT / "docs" / "decisions"


def title(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", PAGES, ids=title)
def test_a_file_that_a_page_names_exists(file: Path) -> None:
    paths = re.findall(r"`([\w.]+/[\w./]*)`", file.read_text())
    for path in [path for path in paths if path.partition("/")[0] in ROOMS]:
        assert (ROOT / path).exists(), path


def find_definitions(text: str) -> set[str]:
    """Return the names at a module's top and in its classes: `Page`, `text`, `Page.text`."""
    definitions = set[str]()
    for node in ast.parse(text).body:
        definitions |= names(node)
        if isinstance(node, ast.ClassDef):
            inside = set[str]().union(*map(names, node.body))
            definitions |= inside | {f"{node.name}.{one}" for one in inside}
    return definitions


def names(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return {node.name}
        case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
            return {name}
        case ast.TypeAlias(name=ast.Name(name)):
            return {name}
    return set()


# Names such as `Page.text`, `SIZES` or `_load` in `room/file.py`, across line breaks, too.
NAMES_IN_FILES = {
    name_in_file
    for file in PAGES
    for name_in_file in re.findall(r"`(_?[A-Za-z][\w.]*)`\s+in\s+`([\w/]+\.py)`", file.read_text())
}


@pytest.mark.parametrize(("name", "path"), sorted(NAMES_IN_FILES))
def test_a_name_that_a_page_gives_for_a_file_is_defined_there(name: str, path: str) -> None:
    assert name in find_definitions((ROOT / path).read_text())


def test_names_in_files_are_found() -> None:
    assert {("PageText.boxes", "contract/reading.py"), ("ROUTES", "contract/routes/__init__.py")} <= NAMES_IN_FILES


@pytest.mark.parametrize("file", PAGES, ids=title)
def test_a_make_target_that_a_page_names_exists(file: Path) -> None:
    text = file.read_text()
    code = [*re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL), *re.findall(r"`([^`\n]*)`", text)]
    targets = set(re.findall(r"\bmake ([a-z][a-z-]+)", "\n".join(code)))
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 make is found on the path
    for target in targets:
        assert re.search(rf"^  {target} ", listed, re.MULTILINE), target


def test_every_decision_is_in_the_list() -> None:
    listed = re.findall(r"\]\((\d{3}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text())
    assert listed == sorted(file.name for file in DECISIONS.glob("[0-9]*.md"))
