"""The worker's image, built step by step and started: it processes a job without any file of this repository."""

import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.answers import Done, Processing
from contract.job import DocumentJob
from contract.names import promise_id
from durable.wire.client import Client
from durable.wire.clock import Clock
from lambdas.trigger.status import status_of
from lambdas.trigger.submit import record_job
from local import samples, site
from local.server_process import EmbeddedProgram, Options, free_port
from tests.documents.tessdata import needs_tesseract
from tests.images.conftest import TIMEOUT_SECONDS, Build, Container, Owner, run_container
from tests.images.image_builder import Image
from tests.waiting import wait_until
from tests.warm_start import start_server
from worker.documents.ocr_engines import TESSDATA_FOLDERS
from worker.health import ask_worker

# What a child process of the worker does, with its exceptions shown.
READ_PAGE = """
import sys
from contract.engines import OcrEngine
from contract.reading import MediaType
from worker.documents.ocr import OcrRequest, recognize
from worker.documents.ocr_engines import choose_engine
choice = choose_engine(OcrEngine.TESSERACT, tessdata=sys.argv[1])
[page] = recognize(OcrRequest(path=sys.argv[2], media_type=MediaType.PDF, pages=(1,), choice=choice))
print(page.text)
"""
PRINT_PATHS = "import json, sys, worker; print(json.dumps([worker.__file__, sys.prefix, sys.path]))"


@pytest.fixture(scope="module")
def image(build: Build) -> Image:
    return build("worker")


def draw_contract() -> bytes:
    """Return a scanned contract."""
    return samples.images_to_pdf(samples.draw_scan(samples.CONTRACT[2:4]))


@dataclass(frozen=True)
class RunningWorker:
    """A server, a website with documents, and a worker."""

    client: Client
    website: site.Site
    container: Container
    folder: Path
    image: Image
    port: int


@pytest.fixture(scope="module")
def worker(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorker]:
    """One for all tests; the last of them ends it."""
    with start_worker(image, tmp_path_factory.mktemp("worker")) as worker:
        yield worker


@contextmanager
def start_worker(image: Image, tmp_path: Path) -> Iterator[RunningWorker]:
    """Start a worker with the environment of a task definition, and a folder in website of the bucket."""
    folder = Owner.of(image).create_folder(tmp_folder(image))
    port = free_port()
    options = Options(retry_timeout=1_000)
    with (
        site.serve_documents({"contract.pdf": draw_contract()}) as website,
        start_server(EmbeddedProgram(), tmp_path / "server", options=options) as server,
        Client(server.url) as client,
    ):
        environ = {
            "RESONATE_URL": server.url,
            "STORE_URL": (folder / "store").as_uri(),
            "NOTIFY_URL": (folder / "outbox").as_uri(),
            "ALLOWED_HOSTS": website.host,
            "WORKER_SLOTS": "1",
            "WORKER_HEALTH_PORT": str(port),
            "AWS_REGION": "eu-central-1",
        }
        with run_container(image, environ) as container:
            yield RunningWorker(client, website, container, folder, image, port)


def tmp_folder(image: Image) -> Path:
    """Return a folder beside the image: its user cannot reach the folders of pytest."""
    return image.root.parent / f"outside-{len(list(image.root.parent.glob('outside-*')))}"


def process_scan(worker: RunningWorker) -> Done:
    """Process a scanned contract, and return the answer."""
    request = DocumentJob(job_id="scanned", document_url=worker.website.url("contract.pdf"), requester_id="me")
    record_job(request, worker.client, Clock())
    answer = wait_for(worker, "scanned")
    assert isinstance(answer, Done), answer
    assert "Halden Instruments" in json.dumps(read_all(worker.folder / "store"))
    return answer


def wait_for(worker: RunningWorker, job_id: str) -> object:
    """Poll until the job has ended."""
    end = time.monotonic() + TIMEOUT_SECONDS
    while True:
        answer = status_of(worker.client.get(promise_id(job_id)), job_id)
        if not isinstance(answer, Processing):
            return answer
        if worker.container.process.poll() is not None or time.monotonic() > end:
            worker.container.process.kill()
            raise AssertionError(worker.container.finish()[1])
        time.sleep(0.05)


def test_the_health_check_of_the_task_succeeds_once_the_worker_is_ready(worker: RunningWorker) -> None:
    """The command of the task definition, in the same image: exit code 0, and 1 where no worker answers."""

    def is_ready() -> bool:
        return worker.container.process.poll() is not None or ask_worker(worker.port, "ready") is None

    wait_until(is_ready, "the worker is not ready", TIMEOUT_SECONDS)
    assert worker.container.process.poll() is None, worker.container.finish()[1]
    for port, expected in ((worker.port, 0), (free_port(), 1)):
        environ = {"WORKER_HEALTH_PORT": str(port)}
        with run_container(worker.image, environ, "python", "-m", "worker.health") as check:
            code, output = check.finish()
        assert code == expected, output


def test_a_job_is_done_and_the_worker_stops_cleanly(worker: RunningWorker) -> None:
    """A scanned contract needs all libraries of the wheels, in child processes."""
    assert process_scan(worker).result["pageCount"] == 1
    worker.container.process.send_signal(signal.SIGTERM)
    code, output = worker.container.finish()
    assert code == 0, output
    assert all(json.loads(line)["message"] for line in output.splitlines())


@pytest.mark.skipif(os.geteuid() != 0, reason="files of the image belong to the user that runs the tests")
def test_no_process_of_the_images_user_can_read_the_secrets_of_the_health_check(image: Image) -> None:
    """The check waits for an answer here, and another process of its user, as a parser is one, inspects it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = {"WORKER_HEALTH_PORT": str(silent.getsockname()[1]), "RESONATE_TOKEN": "a-token"}
        with run_container(image, environ, "python", "-m", "worker.health", "steady") as check:
            connection, _ = silent.accept()
            found = Path(f"/proc/{check.process.pid}/environ").read_text()
            with run_container(image, {}, "/bin/cat", f"/proc/{check.process.pid}/environ") as spy:
                code, output = spy.finish()
            connection.close()
    assert "a-token" in found  # root reads it
    assert code == 1
    assert "Permission denied" in output


def read_all(folder: Path) -> list[str]:
    """Return the text of each file in a folder."""
    return [file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file()]


@needs_tesseract
def test_tesseract_finds_its_language_data_and_reads_a_page_in_the_image(image: Image) -> None:
    """The worker searches this folder by default; without a chroot, its path differs here."""
    folder = Path("/usr/share/tesseract-ocr/5/tessdata")
    assert folder in TESSDATA_FOLDERS
    document = image.root.parent / "contract.pdf"
    document.write_bytes(draw_contract())
    words = ("python", "-c", READ_PAGE, image.rebase_paths(str(folder)), str(document))
    with run_container(image, {}, *words) as container:
        code, output = container.finish()
    assert code == 0, output
    assert "Halden Instruments" in output


def test_no_folder_of_this_repository_is_on_the_path(image: Image) -> None:
    with run_container(image, {}, "python", "-c", PRINT_PATHS) as container:
        code, output = container.finish()
    assert code == 0, output
    module, prefix, path = json.loads(output)
    assert module == str(image.path("worker/__init__.py"))
    assert prefix == str(image.root / "opt" / "venv")
    assert all(entry == "" or Path(entry).is_relative_to(image.root.parent) for entry in path)


def test_a_missing_setting_is_one_sentence_and_exit_code_2(image: Image) -> None:
    with run_container(image, {}) as container:
        code, output = container.finish()
    assert (code, output.count("\n")) == (2, 1)
    assert output.startswith("worker: RESONATE_URL is not set: ")


def test_the_worker_may_write_to_its_volume_only(image: Image) -> None:
    owner = Owner.of(image)
    assert image.volumes == ("/work",)
    assert (image.root / "work").stat().st_uid == owner.user
    assert stat.S_IMODE((image.root / "work").stat().st_mode) == 0o700
    assert image.environ["TMPDIR"] == image.environ["HOME"] == "/work"
    with run_container(image, {}, "python", "-c", "import tempfile; print(tempfile.mkdtemp())") as container:
        code, output = container.finish()
    assert code == 0, output
    assert Path(output.strip()).parent == image.root / "work"
    with run_container(image, {}, "python", "-c", "open('new', 'w')") as container:
        code, output = container.finish()
    assert code == 1
    assert "Permission denied" in output


def test_all_modules_have_unchecked_byte_code(image: Image) -> None:
    """The second word of a bytecode file says how Python checks it: 1 means never."""
    compiled = {file for folder in ("/app", "/opt/venv") for file in image.path(folder).rglob("*.cpython-313.pyc")}
    flags = {int.from_bytes(file.read_bytes()[4:8], "little") for file in compiled}
    assert flags == {1}
    ours = image.path("/app").rglob("*.py")
    assert {file.parent / "__pycache__" / f"{file.stem}.cpython-313.pyc" for file in ours} <= compiled


def test_the_image_holds_only_the_workers_rooms(image: Image) -> None:
    assert {path.name for path in image.path("/app").iterdir()} == {"contract", "durable", "worker"}
    assert not image.path("/usr/local/bin/uv").exists()
    assert not [file for file in image.path("/app").rglob("*") if file.is_symlink() or file.name == "Dockerfile"]
