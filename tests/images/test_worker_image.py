"""The worker's image, built step by step and started: it works off a job with nothing of this tree beneath it."""

import json
import signal
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.answers import Done, Processing
from contract.engines import OcrEngine
from contract.job import DocumentRequest
from contract.names import promise_id
from lambdas.trigger.status import status_of
from lambdas.trigger.submit import submit
from local import samples, site
from local.server_process import EmbeddedProgram, Options, free_port, start
from tests.documents.tessdata import needs_tesseract
from tests.images.conftest import PATIENCE, Build, Container, Owner, running
from tests.images.image_builder import Image
from wire.client import Client
from wire.clock import Clock
from worker.documents.ocr_engines import TESSDATA_FOLDERS

WHERE = "import json, sys, worker; print(json.dumps([worker.__file__, sys.prefix, sys.path]))"


@pytest.fixture(scope="module")
def image(build: Build) -> Image:
    return build("worker")


@dataclass(frozen=True)
class Scene:
    """A server, a site, and a worker between them."""

    client: Client
    place: site.Site
    container: Container
    written: Path
    image: Image
    port: int


@pytest.fixture
def scene(image: Image, tmp_path: Path) -> Iterator[Scene]:
    with set_up(image, tmp_path, {}) as scene:
        yield scene


@contextmanager
def set_up(image: Image, tmp_path: Path, more: Mapping[str, str]) -> Iterator[Scene]:
    """The environment is what a task definition gives; the store is a folder instead of a bucket."""
    written = Owner.of(image).give(tmp_folder(image))
    port = free_port()
    documents = {"contract.pdf": samples.contract()}
    options = Options(retry_timeout=1_000)
    with (
        site.serve(documents) as place,
        start(EmbeddedProgram(), tmp_path / "server", options=options) as server,
        Client(server.url) as client,
    ):
        environ = {
            "RESONATE_URL": server.url,
            "STORE_URL": (written / "store").as_uri(),
            "NOTIFY_URL": (written / "outbox").as_uri(),
            "ALLOWED_HOSTS": place.host,
            "WORKER_SLOTS": "1",
            "WORKER_HEALTH_PORT": str(port),
            "AWS_REGION": "eu-central-1",
            **more,
        }
        with running(image, environ) as container:
            yield Scene(client, place, container, written, image, port)


def tmp_folder(image: Image) -> Path:
    """A place beside the image that its user can reach; pytest's own are for whoever runs the tests."""
    return image.root.parent / f"outside-{len(list(image.root.parent.glob('outside-*')))}"


def test_a_job_is_done_and_the_worker_leaves_in_peace(scene: Scene) -> None:
    """A scanned contract: that needs every library that the wheels bring, in child processes."""
    assert work_off_a_scan(scene).result["pageCount"] == 1
    scene.container.process.send_signal(signal.SIGTERM)
    code, written = scene.container.finish()
    assert code == 0, written
    assert all(json.loads(line)["message"] for line in written.splitlines())


def work_off_a_scan(scene: Scene) -> Done:
    """Have a scanned contract read, and return what came of it."""
    request = DocumentRequest(job_id="scanned", document_url=scene.place.url("contract.pdf"), requester_id="me")
    submit(request, scene.client, Clock())
    answer = wait_for(scene, "scanned")
    assert isinstance(answer, Done), answer
    assert "Halden Instruments" in json.dumps(read_all(scene.written / "store"))
    return answer


def wait_for(scene: Scene, job_id: str) -> object:
    """Ask until the job has ended."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = status_of(scene.client.get(promise_id(job_id)), job_id)
        if not isinstance(answer, Processing):
            return answer
        if scene.container.process.poll() is not None or time.monotonic() > end:
            scene.container.process.kill()
            raise AssertionError(scene.container.finish()[1])
        time.sleep(0.05)


def test_the_health_check_of_the_task_says_ready_once_the_worker_is(scene: Scene) -> None:
    """The same command as ECS gives, in the same image: exit code 1 until the worker takes jobs, then 0."""
    end = time.monotonic() + PATIENCE
    while True:
        with running(scene.image, {"WORKER_HEALTH_PORT": str(scene.port)}, "python", "-m", "worker.health") as check:
            code, written = check.finish()
        if code == 0:
            return
        assert time.monotonic() < end, written
        assert scene.container.process.poll() is None, scene.container.finish()[1]


def read_all(folder: Path) -> list[str]:
    """Every text in a folder."""
    return [file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file()]


@needs_tesseract
def test_the_recognition_that_needs_language_data_finds_it_in_the_image(image: Image, tmp_path: Path) -> None:
    """The folder is one where the worker looks by itself; without a chroot it has another name here."""
    folder = Path("/usr/share/tesseract-ocr/5/tessdata")
    assert folder in TESSDATA_FOLDERS
    more = {"OCR_ENGINE": OcrEngine.MIXED, "TESSDATA_PREFIX": image.inside(str(folder))}
    with set_up(image, tmp_path, more) as scene:
        assert work_off_a_scan(scene).result["pageCount"] == 1


def test_nothing_of_this_tree_is_on_its_path(image: Image) -> None:
    with running(image, {}, "python", "-c", WHERE) as container:
        code, written = container.finish()
    assert code == 0, written
    module, prefix, path = json.loads(written)
    assert module == str(image.path("worker/__init__.py"))
    assert prefix == str(image.root / "opt" / "venv")
    assert all(entry == "" or Path(entry).is_relative_to(image.root.parent) for entry in path)


def test_a_missing_setting_is_one_sentence_and_exit_code_2(image: Image) -> None:
    with running(image, {}) as container:
        code, written = container.finish()
    assert (code, written.count("\n")) == (2, 1)
    assert written.startswith("worker: RESONATE_URL must ")


def test_it_may_write_into_its_volume_and_nowhere_else(image: Image) -> None:
    owner = Owner.of(image)
    assert image.volumes == ("/work",)
    assert (image.root / "work").stat().st_uid == owner.user
    assert stat.S_IMODE((image.root / "work").stat().st_mode) == 0o700
    assert image.environ["TMPDIR"] == image.environ["HOME"] == "/work"
    with running(image, {}, "python", "-c", "import tempfile; print(tempfile.mkdtemp())") as container:
        code, written = container.finish()
    assert code == 0, written
    assert Path(written.strip()).parent == image.root / "work"
    with running(image, {}, "python", "-c", "open('new', 'w')") as container:
        code, written = container.finish()
    assert code == 1
    assert "Permission denied" in written


def test_all_of_it_is_compiled_never_to_be_compared_with_its_source(image: Image) -> None:
    """A bytecode file says in its second word how it is checked: 1 is by nothing."""
    compiled = {file for place in ("/app", "/opt/venv") for file in image.path(place).rglob("*.cpython-313.pyc")}
    ways = {int.from_bytes(file.read_bytes()[4:8], "little") for file in compiled}
    assert ways == {1}
    ours = image.path("/app").rglob("*.py")
    assert {file.parent / "__pycache__" / f"{file.stem}.cpython-313.pyc" for file in ours} <= compiled


def test_the_image_holds_what_the_worker_is_made_of_and_no_more(image: Image) -> None:
    assert {place.name for place in image.path("/app").iterdir()} == {"contract", "durable", "worker"}
    assert not image.path("/usr/local/bin/uv").exists()
    assert not [file for file in image.path("/app").rglob("*") if file.is_symlink() or file.name == "Dockerfile"]
