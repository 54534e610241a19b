"""What a bundle is made of: everything that the function needs, nothing else, and always the same."""

import hashlib
import importlib.util
import marshal
import shutil
from dataclasses import replace
from pathlib import Path
from types import CodeType

import pytest

from stacks.bundle import ROOT, Bundle, BundleError

from .declared_function import LOCK, bundle

KEYS = Bundle(rooms=("lambdas/keys",), lock="lambdas/keys/requirements.txt", machine="aarch64")
HEAD = 16  # bytes of a byte code file before the code: magic number, flags, and what tells that it is up to date
UNCHECKED = 1  # the flag of byte code that is not compared with its source


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file with its mode and a digest."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(file.relative_to(folder)): (file.stat().st_mode & 0o777, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in files
    }


def test_it_has_our_rooms_their_packages_and_nothing_else(folder: Path) -> None:
    names = {name for name in (path.name for path in folder.iterdir()) if not name.endswith(".dist-info")}
    locked = {"annotated_types", "aws_lambda_powertools", "jmespath", "msgspec", "obstore", "pydantic", "pydantic_core"}
    locked |= {"typing_extensions.py", "typing_inspection", "urllib3", "__pycache__"}
    assert names == locked | {"contract", "lambdas", "wire"}
    assert {path.name for path in (folder / "lambdas").glob("[!_]*")} == {"trigger"}
    ours = {
        path.relative_to(ROOT)
        for room in ("contract", "wire", "lambdas/trigger")
        for path in (ROOT / room).rglob("*.py")
    }
    assert ours <= {path.relative_to(folder) for path in folder.rglob("*.py")}


def test_every_module_has_byte_code_that_is_taken_as_it_is_and_names_its_place_on_lambda(folder: Path) -> None:
    sources = list(folder.rglob("*.py"))
    assert sources
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source))).read_bytes()
        assert compiled[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == UNCHECKED
        code = marshal.loads(compiled[HEAD:])  # noqa: S302 - we made it
        assert isinstance(code, CodeType)
        assert code.co_filename == f"/var/task/{source.relative_to(folder)}"


def test_twice_the_same_is_the_same_to_the_byte_and_readable_by_all(folder: Path, tmp_path: Path) -> None:
    bundle().fill(tmp_path)
    made = contents(tmp_path)
    assert made == contents(folder)
    assert {mode for mode, _ in made.values()} == {0o644}


@pytest.mark.parametrize("made", [bundle("aarch64"), KEYS], ids=["trigger", "keys"])
def test_a_bundle_for_arm_is_made_on_any_machine(made: Bundle, tmp_path: Path) -> None:
    made.fill(tmp_path)
    libraries = [path.name for path in tmp_path.rglob("*.so")]
    assert libraries
    # A library that says neither is the stable interface's: its machine stands in its head.
    assert not [name for name in libraries if "x86_64" in name]
    machines = {path.read_bytes()[18:20] for path in tmp_path.rglob("*.so")}
    assert machines == {b"\xb7\x00"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what goes into the bundle, to be changed."""
    root = tmp_path / "project"
    for room in ("contract", "wire", "lambdas"):
        shutil.copytree(ROOT / room, root / room)
    return root


@pytest.mark.parametrize("changed", ["wire/client.py", "lambdas/__init__.py", "lambdas/trigger/new.py", LOCK])
def test_the_digest_changes_with_whatever_goes_in(changed: str, project: Path) -> None:
    of_copy = replace(bundle("aarch64"), root=project)
    before = of_copy.digest()
    assert before == bundle("aarch64").digest()
    with (project / changed).open("a") as file:
        file.write("\n# changed\n")
    assert of_copy.digest() != before


def test_the_digest_changes_with_the_machine() -> None:
    assert bundle("aarch64").digest() != bundle("x86_64").digest()


@pytest.mark.parametrize("other", ["lambdas/keys/handler.py", "wire/__pycache__/client.pyc", "wire/notes.txt"])
def test_the_digest_stays_when_something_else_changes(other: str, project: Path) -> None:
    of_copy = replace(bundle("aarch64"), root=project)
    before = of_copy.digest()
    (project / other).parent.mkdir(exist_ok=True)
    (project / other).write_text("changed")
    assert of_copy.digest() == before


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(BundleError, match="lambdas/nothing cannot be bundled"):
        replace(KEYS, rooms=("lambdas/nothing",))
    with pytest.raises(BundleError, match=r"nothing\.txt does not exist: create it with make lock"):
        replace(KEYS, lock="nothing.txt")


def test_without_an_index_it_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (tmp_path / "bundle").mkdir()
    with pytest.raises(
        BundleError, match="could not be installed for aarch64: check the network and the package index"
    ):
        KEYS.fill(tmp_path / "bundle")


def test_a_package_that_is_not_what_the_lock_says_is_refused(project: Path, tmp_path: Path) -> None:
    lock = project / "lambdas" / "keys" / "requirements.txt"
    lock.write_text(f"annotated-types==0.7.0 --hash=sha256:{'0' * 64}\n")
    (tmp_path / "bundle").mkdir()
    with pytest.raises(BundleError, match=r"lambdas/keys/requirements\.txt could not be installed") as caught:
        replace(KEYS, root=project).fill(tmp_path / "bundle")
    assert "hash" in str(caught.value).lower()
