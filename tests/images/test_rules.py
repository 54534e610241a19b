"""What holds for every image, whatever is in it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from tests.images.build_context import visible
from tests.images.conftest import DOCKERFILES
from tests.images.dockerfile import Copy, Entrypoint, Run, User, read

UV = Path(sys.executable).with_name("uv")
HADOLINT = shutil.which("hadolint", path=f"{UV.parent}:/usr/local/bin:/usr/bin")
NO_LINTER = "NO HADOLINT: it is not installed, so only our own rules were checked"
NO_INDEX = "NO PACKAGE INDEX: it cannot be reached, so nobody looked for the wheels of the other architecture"
EXACT = re.compile(r"(python:3\.13\.\d+-slim-bookworm|ghcr\.io/astral-sh/uv:\d+\.\d+\.\d+)")
SHIPPED = {"contract", "durable", "keeper", "worker"}
DATA = {"worker": [("languages", ("/usr/share/tesseract-ocr",))], "keeper": []}  # taken from Debian
PLATFORMS = ("x86_64-manylinux_2_36", "aarch64-manylinux_2_36")  # the C library of Debian 12

each = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.parent.name)


@each
def test_every_image_stands_on_exact_versions_and_takes_a_digest(dockerfile: Path) -> None:
    assert all(EXACT.fullmatch(stage.base) for stage in read(dockerfile))
    bases = re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
    assert all(base.endswith(("${PYTHON_DIGEST}", "${UV_DIGEST}")) for base in bases)


def test_all_images_stand_on_the_same() -> None:
    """One base is pulled once, patched once and known to the one who reads about it in the news."""
    assert len({stage.base for file in DOCKERFILES for stage in read(file)}) == 2


@each
def test_the_installer_is_the_one_that_the_project_is_locked_to(dockerfile: Path) -> None:
    [base] = [stage.base for stage in read(dockerfile) if "uv:" in stage.base]
    version = base.partition(":")[2]
    assert f"\nuv=={version} " in (ROOT / "requirements.txt").read_text()


@each
def test_packages_are_locked_hashed_and_run_nothing_while_they_are_installed(dockerfile: Path) -> None:
    commands = [run.command for stage in read(dockerfile) for run in stage.all_of(Run)]
    installing = [command for command in commands if re.search(r"(?<![-\w])(pip|curl|wget|git)\b", command)]
    assert [command.split()[:3] for command in installing] == [["uv", "pip", "sync"]]
    assert {"--require-hashes", "--only-binary", "--compile-bytecode"} <= set(installing[0].split())


@each
def test_of_debian_exact_versions_of_data_are_taken_and_they_leave_nothing_else(dockerfile: Path) -> None:
    """They are installed in a stage of their own, of which the image gets folders that are named."""
    stages = read(dockerfile)
    using = [stage for stage in stages if any("apt-get" in run.command for run in stage.all_of(Run))]
    assert [stage.name for stage in using] == [name for name, _ in DATA[dockerfile.parent.name]]
    for stage in using:
        [run] = stage.all_of(Run)
        [packages] = re.findall(r"apt-get install (?:-\S+ )*([^&]+) &&", run.command)
        assert all(re.fullmatch(r"tesseract-ocr-[a-z]+=[\w.:-]+", package) for package in packages.split())


@each
def test_the_lock_is_the_rooms_own(dockerfile: Path) -> None:
    sources = {source for stage in read(dockerfile) for copy in stage.all_of(Copy) for source in copy.sources}
    locks = {source for source in sources if source.endswith(".txt")}
    assert locks == {f"{dockerfile.parent.name}/requirements.txt"}


@each
def test_it_runs_as_a_number_that_is_not_root(dockerfile: Path) -> None:
    [user] = read(dockerfile)[-1].all_of(User)
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user.name)


@each
def test_the_program_gets_signals_itself(dockerfile: Path) -> None:
    [entrypoint] = read(dockerfile)[-1].all_of(Entrypoint)
    assert entrypoint.words == ("python", "-m", dockerfile.parent.name)


@each
def test_the_image_itself_has_neither_installer_nor_cache(dockerfile: Path) -> None:
    """What is in the last stage comes from the base image and from the stage that built, and no command adds to it."""
    last = read(dockerfile)[-1]
    assert {(copy.stage, copy.sources) for copy in last.all_of(Copy)} == {
        ("build", ("/opt/venv",)),
        ("build", ("/app",)),
        *DATA[dockerfile.parent.name],
    }


def test_a_builder_sees_only_the_rooms_that_ship() -> None:
    seen = visible(ROOT)
    assert {path.parts[0] for path in seen} == SHIPPED
    assert not [path for path in seen if path.suffix == ".pyc" or path.name == "Dockerfile"]


@pytest.mark.parametrize("platform", PLATFORMS)
@each
def test_every_package_has_a_wheel_for_both_architectures(dockerfile: Path, platform: str, tmp_path: Path) -> None:
    words = ["--python-version", "3.13", "--python-platform", platform, "--require-hashes", "--only-binary", ":all:"]
    lock = dockerfile.with_name("requirements.txt")
    command = [str(UV), "pip", "install", "--dry-run", "--target", str(tmp_path), *words, "--requirement", str(lock)]
    done = subprocess.run([*command, "--offline"], capture_output=True, text=True, check=False)
    if done.returncode:  # nobody has asked for the other architecture yet
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if any(words in done.stderr for words in ("Failed to fetch", "error sending request")):
        pytest.skip(NO_INDEX)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(HADOLINT is None, reason=NO_LINTER)
@each
def test_the_linter_has_nothing_to_say(dockerfile: Path) -> None:
    assert HADOLINT
    done = subprocess.run([HADOLINT, str(dockerfile)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
