"""The rules for every image."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from stacks.image_paths import CERTIFICATES, SERVER_DOCKERFILE
from tests.images.build_context import list_context
from tests.images.conftest import DOCKERFILES
from tests.images.dockerfile import Add, Copy, Entrypoint, Run, User, read_stages

UV = Path(sys.executable).with_name("uv")
HADOLINT = shutil.which("hadolint", path=f"{UV.parent}:/usr/local/bin:/usr/bin")
NO_LINTER = "NO HADOLINT: it is not installed, so only our own rules were checked"
NO_INDEX = "NO PACKAGE INDEX: it cannot be reached, so wheels of the other architecture were not checked"
EXACT_BASE = re.compile(r"(python:3\.13\.\d+-slim-bookworm|ghcr\.io/astral-sh/uv:\d+\.\d+\.\d+)")
SHIPPED_ROOMS = {"contract", "durable", "keeper", "worker"}
DATA = {"worker": [("languages", ("/usr/share/tesseract-ocr",))], "keeper": []}  # from Debian packages
PLATFORMS = ("x86_64-manylinux_2_36", "aarch64-manylinux_2_36")  # the C library of Debian 12

each = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.parent.name)


@each
def test_every_base_image_has_an_exact_version_and_accepts_a_digest(dockerfile: Path) -> None:
    assert all(EXACT_BASE.fullmatch(stage.base) for stage in read_stages(dockerfile))
    bases = re.findall(r"^FROM (\S+)", dockerfile.read_text(), re.MULTILINE)
    assert all(base.endswith(("${PYTHON_DIGEST}", "${UV_DIGEST}")) for base in bases)


def test_all_images_have_the_same_bases() -> None:
    """One base is pulled once, and one update patches all images."""
    assert len({stage.base for file in DOCKERFILES for stage in read_stages(file)}) == 2


@each
def test_uv_has_the_version_in_the_lock(dockerfile: Path) -> None:
    [base] = [stage.base for stage in read_stages(dockerfile) if "uv:" in stage.base]
    version = base.partition(":")[2]
    assert f"\nuv=={version} " in (ROOT / "requirements.txt").read_text()


@each
def test_packages_are_locked_and_hashed_and_run_no_code_at_installation(dockerfile: Path) -> None:
    commands = [run.command for stage in read_stages(dockerfile) for run in stage.steps_of(Run)]
    installing = [command for command in commands if re.search(r"(?<![-\w])(pip|curl|wget|git)\b", command)]
    assert [command.split()[:3] for command in installing] == [["uv", "pip", "sync"]]
    assert {"--require-hashes", "--only-binary", "--compile-bytecode"} <= set(installing[0].split())


@each
def test_debian_packages_have_exact_versions_and_add_data_only(dockerfile: Path) -> None:
    """A stage of their own installs them, and the image copies named folders from it."""
    stages = read_stages(dockerfile)
    apt_stages = [stage for stage in stages if any("apt-get" in run.command for run in stage.steps_of(Run))]
    assert [stage.name for stage in apt_stages] == [name for name, _ in DATA[dockerfile.parent.name]]
    for stage in apt_stages:
        [run] = stage.steps_of(Run)
        [packages] = re.findall(r"apt-get install (?:-\S+ )*([^&]+) &&", run.command)
        assert all(re.fullmatch(r"tesseract-ocr-[a-z]+=[\w.:-]+", package) for package in packages.split())


@each
def test_an_image_uses_the_lock_of_its_room(dockerfile: Path) -> None:
    sources = {source for stage in read_stages(dockerfile) for copy in stage.steps_of(Copy) for source in copy.sources}
    locks = {source for source in sources if source.endswith(".txt")}
    assert locks == {f"{dockerfile.parent.name}/requirements.txt"}


@pytest.mark.parametrize("dockerfile", [ROOT / "keeper" / "Dockerfile", ROOT / SERVER_DOCKERFILE])
def test_an_image_that_reaches_the_database_has_the_certificates_of_rds_where_the_task_reads_them(
    dockerfile: Path,
) -> None:
    added = read_stages(dockerfile, SERVER_IMAGE="x")[-1].steps_of(Add)
    assert added == [Add("https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem", CERTIFICATES)]


def test_the_servers_image_is_the_published_one() -> None:
    [stage] = read_stages(ROOT / SERVER_DOCKERFILE, SERVER_IMAGE="registry.example/resonate@sha256:1")
    assert (stage.base, len(stage.steps)) == ("registry.example/resonate@sha256:1", 1)


@each
def test_the_user_is_a_number_and_not_root(dockerfile: Path) -> None:
    [user] = read_stages(dockerfile)[-1].steps_of(User)
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user.name)


@each
def test_the_program_receives_signals_itself(dockerfile: Path) -> None:
    [entrypoint] = read_stages(dockerfile)[-1].steps_of(Entrypoint)
    assert entrypoint.words == ("python", "-m", dockerfile.parent.name)


@each
def test_an_image_has_neither_installer_nor_cache(dockerfile: Path) -> None:
    """The last stage only copies folders from the other stages."""
    last = read_stages(dockerfile)[-1]
    assert {(copy.stage, copy.sources) for copy in last.steps_of(Copy)} == {
        ("build", ("/opt/venv",)),
        ("build", ("/app",)),
        *DATA[dockerfile.parent.name],
    }


def test_the_build_context_holds_only_rooms_that_ship() -> None:
    files = list_context(ROOT)
    assert {path.parts[0] for path in files} == SHIPPED_ROOMS
    assert not [path for path in files if path.suffix == ".pyc" or path.name == "Dockerfile"]


@pytest.mark.parametrize("platform", PLATFORMS)
@each
def test_every_package_has_a_wheel_for_both_architectures(dockerfile: Path, platform: str, tmp_path: Path) -> None:
    words = ["--python-version", "3.13", "--python-platform", platform, "--require-hashes", "--only-binary", ":all:"]
    lock = dockerfile.with_name("requirements.txt")
    command = [str(UV), "pip", "install", "--dry-run", "--target", str(tmp_path), *words, "--requirement", str(lock)]
    done = subprocess.run([*command, "--offline"], capture_output=True, text=True, check=False)
    if done.returncode:  # uv's cache lacks the other architecture
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if any(words in done.stderr for words in ("Failed to fetch", "error sending request")):
        pytest.skip(NO_INDEX)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(HADOLINT is None, reason=NO_LINTER)
@each
def test_hadolint_finds_no_problem(dockerfile: Path) -> None:
    assert HADOLINT
    done = subprocess.run([HADOLINT, str(dockerfile)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
