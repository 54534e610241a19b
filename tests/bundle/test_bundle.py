"""A bundle holds what the function needs and nothing else, and is reproducible."""

import hashlib
import importlib.util
import marshal
import shutil
from dataclasses import replace
from pathlib import Path
from types import CodeType

import pytest

from stacks.bundle import ROOT, Bundle, BundleError

from .declared_function import LOCK, DeclaredFunction, bundle

KEYS = Bundle(rooms=("lambdas/keys", "lambdas/resource"), lock="lambdas/keys/requirements.txt", machine="aarch64")
HEADER_BYTES = 16  # of a byte code file: magic number, flags, and the source's hash or time
UNCHECKED_HASH_FLAG = 1  # of byte code that Python does not compare with its source


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Return the mode and digest of each file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(file.relative_to(folder)): (file.stat().st_mode & 0o777, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in files
    }


def test_a_bundle_holds_its_rooms_and_locked_packages_only(folder: Path) -> None:
    names = {name for name in (path.name for path in folder.iterdir()) if not name.endswith(".dist-info")}
    locked = {"aws_lambda_powertools", "jmespath", "msgspec", "obstore", "typing_extensions.py"}
    assert names == locked | {"__pycache__", "contract", "durable", "lambdas"}
    assert {path.name for path in (folder / "lambdas").glob("[!_]*")} == {"trigger"}
    ours = {
        path.relative_to(ROOT)
        for room in ("contract", "durable/history", "durable/wire", "lambdas/trigger")
        for path in (ROOT / room).rglob("*.py")
    }
    assert ours <= {path.relative_to(folder) for path in folder.rglob("*.py")}


def test_every_module_has_unchecked_byte_code_with_its_path_on_lambda(folder: Path) -> None:
    sources = list(folder.rglob("*.py"))
    assert sources
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source))).read_bytes()
        assert compiled[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(compiled[4:8], "little") == UNCHECKED_HASH_FLAG
        code = marshal.loads(compiled[HEADER_BYTES:])  # noqa: S302 - our own file
        assert isinstance(code, CodeType)
        assert code.co_filename == f"/var/task/{source.relative_to(folder)}"


def test_a_bundle_is_readable_by_all_users(folder: Path) -> None:
    """It is the same to the byte wherever it is made: test_asset.py."""
    assert {mode for mode, _ in contents(folder).values()} == {0o644}


@pytest.mark.parametrize("name", ["Trigger", "Keys/KeysFunction", "Proof/ProofFunction", "Functions/Function/"])
def test_a_bundle_for_arm_can_be_made_on_any_machine(run_folder: Path, name: str) -> None:
    """The app with its defaults has made it."""
    function = DeclaredFunction.synthesize(run_folder, name)
    assert function.machine == "aarch64"
    libraries = list(function.asset.rglob("*.so"))
    assert libraries
    # Libraries of the stable ABI do not name a machine: it is in their header.
    assert not [library.name for library in libraries if "x86_64" in library.name]
    assert {library.read_bytes()[18:20] for library in libraries} == {b"\xb7\x00"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the bundle's sources, for changes."""
    root = tmp_path / "project"
    for room in ("contract", "durable", "lambdas"):
        shutil.copytree(ROOT / room, root / room)
    return root


@pytest.mark.parametrize("changed", ["durable/wire/client.py", "lambdas/__init__.py", "lambdas/trigger/new.py", LOCK])
def test_the_digest_changes_with_each_input(changed: str, project: Path) -> None:
    copy = replace(bundle("aarch64"), root=project)
    before = copy.digest()
    assert before == bundle("aarch64").digest()
    with (project / changed).open("a") as file:
        file.write("\n# changed\n")
    assert copy.digest() != before


def test_the_digest_changes_with_the_machine() -> None:
    assert bundle("aarch64").digest() != bundle("x86_64").digest()


@pytest.mark.parametrize(
    "other", ["lambdas/keys/handler.py", "durable/wire/__pycache__/client.pyc", "durable/wire/notes.txt"]
)
def test_the_digest_ignores_other_files(other: str, project: Path) -> None:
    copy = replace(bundle("aarch64"), root=project)
    before = copy.digest()
    (project / other).parent.mkdir(exist_ok=True)
    (project / other).write_text("changed")
    assert copy.digest() == before


def test_an_error_names_the_missing_room_or_lock() -> None:
    with pytest.raises(BundleError, match="lambdas/nothing cannot be bundled"):
        replace(KEYS, rooms=("lambdas/nothing",))
    with pytest.raises(BundleError, match=r"nothing\.txt does not exist: create it with make lock"):
        replace(KEYS, lock="nothing.txt")


def test_the_error_for_an_unreachable_index_says_what_to_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    (tmp_path / "bundle").mkdir()
    with pytest.raises(
        BundleError, match="could not be installed for aarch64: check the network and the package index"
    ):
        KEYS.fill(tmp_path / "bundle")


def test_a_package_with_another_hash_than_in_the_lock_is_refused(project: Path, tmp_path: Path) -> None:
    lock = project / "lambdas" / "keys" / "requirements.txt"
    lock.write_text(f"annotated-types==0.7.0 --hash=sha256:{'0' * 64}\n")
    (tmp_path / "bundle").mkdir()
    with pytest.raises(BundleError, match=r"lambdas/keys/requirements\.txt could not be installed") as caught:
        replace(KEYS, root=project).fill(tmp_path / "bundle")
    assert "hash" in str(caught.value).lower()
