"""The images as a deployment builds them: by Docker, from the synthesized assets; each starts read-only as its user.

Only `make images` runs this, because it needs Docker and the network, and minutes on a machine with another processor.
The stand-ins of the other tests need neither.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.server_process import ROOT
from stacks.image_paths import CERTIFICATES
from tests.stacks.conftest import SYNTHESES
from tests.stacks.saved_synthesis import save_synthesis
from tests.stacks.warm_app import NO_BUNDLES
from tests.waiting import wait_until

DOCKER = shutil.which("docker") or "docker"
VARIABLE = "LONGHAND_BUILD_IMAGES"
USER = "10001:10001"
SERVER, WORKER, KEEPER = "stacks.server.Dockerfile", "worker.Dockerfile", "keeper.Dockerfile"

pytestmark = [
    pytest.mark.skipif(VARIABLE not in os.environ, reason="IMAGES NOT BUILT: make images builds them with Docker"),
    pytest.mark.timeout(1800),
]


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DOCKER, *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def images(run_folder: Path) -> dict[str, str]:
    """Build every image, as the CDK does; return their tags by the names of their Dockerfiles."""
    environ = {**os.environ, "CDK_CONTEXT_JSON": NO_BUNDLES}
    folder = save_synthesis(run_folder / SYNTHESES, ROOT, ["-c", "profile=small"], environ)
    sources = [
        one["source"] for one in json.loads((folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    ]
    return {source["dockerFile"]: build(folder, source) for source in sources}


def build(folder: Path, source: dict[str, object]) -> str:
    tag = f"longhand-{str(source['dockerFile']).lower()}"
    arguments = source.get("dockerBuildArgs", {})
    assert isinstance(arguments, dict)
    words = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    words += ["--platform", str(source["platform"]), "--tag", tag, "--file", str(source["dockerFile"]), "."]
    done = subprocess.run([DOCKER, "build", *words], cwd=folder / str(source["directory"]), check=False)
    assert done.returncode == 0
    return tag


@contextmanager
def running(image: str, options: list[str], *command: str) -> Iterator[str]:
    """Start a read-only container as the task's user, give its id, and remove it at the end."""
    started = docker("run", "--detach", "--read-only", "--user", USER, *options, image, *command)
    assert started.returncode == 0, started.stderr
    try:
        yield started.stdout.strip()
    finally:
        docker("rm", "--force", "--volumes", started.stdout.strip())


def set_variables(settings: dict[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("--env", f"{name}={value}")]


def test_a_program_names_its_missing_setting(images: dict[str, str]) -> None:
    for image, name in ((images[WORKER], "worker"), (images[KEEPER], "keeper")):
        ended = docker("run", "--rm", "--read-only", "--user", USER, image)
        assert (ended.returncode, (ended.stdout + ended.stderr).startswith(f"{name}: ")) == (2, True), ended


@pytest.mark.parametrize("file", [SERVER, KEEPER])
def test_an_image_has_the_certificates_of_rds(images: dict[str, str], file: str) -> None:
    words = ["--rm", "--read-only", "--user", USER, "--entrypoint", "sh", images[file], "-c"]
    counted = docker("run", *words, f"grep -c 'BEGIN CERTIFICATE' {CERTIFICATES}")
    assert int(counted.stdout) > 50, counted


def test_a_worker_becomes_ready_with_the_published_server(images: dict[str, str]) -> None:
    """The server writes to memory only, and the worker to its volume only."""
    settings = {
        "RESONATE_SERVER__BIND": "0.0.0.0",  # noqa: S104 in a container of a test
        "RESONATE_STORAGE__TYPE": "sqlite",
        "RESONATE_STORAGE__SQLITE__PATH": "/dev/shm/resonate.db",  # noqa: S108 the container's own
    }
    options = [*set_variables(settings), "--entrypoint", "resonate-server"]
    with running(images[SERVER], options, "serve") as server:
        worker_settings = {
            "RESONATE_URL": "http://127.0.0.1:8001",
            "STORE_URL": "file:///work/store",
            "NOTIFY_URL": "file:///work/notices",
            "WORKER_HEALTH_PORT": "8090",
        }
        options = [*set_variables(worker_settings), "--network", f"container:{server}"]
        with running(images[WORKER], options) as worker:
            wait_until(
                lambda: "worker_ready" in read_log(worker) or not is_running(worker),
                lambda: f"the worker is not ready: {read_log(worker)}\n{read_log(server)}",
            )
            assert is_running(worker), read_log(worker)
            health = docker("exec", worker, "python", "-m", "worker.health", "steady")
            assert health.returncode == 0, health


def read_log(container: str) -> str:
    done = docker("logs", container)
    return done.stdout + done.stderr


def is_running(container: str) -> bool:
    return docker("inspect", "--format", "{{.State.Running}}", container).stdout.strip() == "true"
