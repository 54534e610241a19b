"""`make serve` with what the user has chosen: settings, hosts and types of documents."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import psutil
import pytest

from contract.answers import Done
from local import samples, site
from local.choices import find_choices
from local.state import MARK
from local.system import System
from longhand_client import Client
from tests import warm_start
from tests.api_client import Json, send

from .serving import read_address, run, run_serve

TYPE = """
name = "letter"
description = "A letter."
[[fields]]
name = "sender"
description = "Who it is from."
labels = ["Bill to"]
"""


def process(state: Path, url: str, kind: str = "invoice") -> Json:
    """Process a document and return the extracted data."""
    api, job = read_address(state, "api"), PurePosixPath(url).stem
    status, answer = send(
        f"{api}/process-document", {"jobId": job, "documentUrl": url, "requesterId": "a-test", "type": kind}
    )
    assert status == 202, answer
    last = Client(api).wait(job)
    assert isinstance(last, Done), last
    found: Json = last.result["extractedData"]
    return found


def test_only_the_choices_of_the_user_reach_the_worker(tmp_path: Path, types: Path) -> None:
    mine = {
        "WORKER_PAGE_SLOTS": "1",
        "WORKER_CONCURRENCY": "3",
        "AWS_PROFILE": "mine",
        "AWS_ENDPOINT_URL_TEXTRACT": "http://127.0.0.1:9",
        "LLM_API_KEY": "key-of-a-test",
        "DOCUMENT_TYPES": str(types),
    }
    others = {"WORKER_GROUP": "elsewhere", "STORE_URL": "s3://elsewhere", "NOTIFY_URL": "x", "AWS_SOMETHING": "x"}
    environ = {**os.environ, **mine, **others}
    with System(tmp_path, environ, choices=find_choices(environ), start_process=start_gateway_cold) as system:
        worker, gateway = system.worker.environ, psutil.Process(system.gateway.process.pid).environ()
    assert mine.items() <= worker.items()
    assert worker["STORE_URL"] == (tmp_path / "store").as_uri()
    assert worker["TMPDIR"] == str(tmp_path / "tmp")
    assert worker.keys().isdisjoint({"WORKER_GROUP", "AWS_SOMETHING"})
    assert gateway["STORE_URL"] == worker["STORE_URL"]
    assert "letter" in gateway["KNOWN_TYPES"].split(",")
    assert gateway.keys().isdisjoint({*mine, *others} - {"STORE_URL", "NOTIFY_URL"})


def start_gateway_cold(command: list[str], **options: Any) -> subprocess.Popen[Any]:  # noqa: ANN401 - of Popen
    """Start the gateway with an environment that the kernel knows, and the other parts warm."""
    return (subprocess.Popen if "local.gateway" in command else warm_start.start)(command, **options)


@dataclass(frozen=True)
class Served:
    """A running serve with choices of the user: a website, and a type. It has begun with files of a killed worker."""

    state: Path
    website: site.Site
    left: Sequence[Path]


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a type of the user."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "letter.toml").write_text(TYPE)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, types: Path) -> Iterator[Served]:
    state = tmp_path_factory.mktemp("state")
    (state / MARK).touch()
    left = [state / "tmp" / "tmp123" / "document", state / "store" / "incoming" / "0123abc"]
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 1_000)
    with (
        site.serve_documents(dict.fromkeys(("mine.pdf", "letter.pdf"), samples.make_invoice())) as website,
        run_serve(state, "--types", str(types), ALLOWED_HOSTS=website.host),
    ):
        yield Served(state, website, left)


def test_the_next_start_deletes_the_documents_of_a_killed_worker(served: Served) -> None:
    assert not [file for file in served.left if file.exists()]


def test_hosts_of_the_user_are_allowed_in_addition_to_those_of_serve(served: Served) -> None:
    """Without those of serve, its own documents could not be downloaded."""
    theirs = process(served.state, f"{read_address(served.state, 'documents')}/invoice.pdf")
    assert theirs == process(served.state, served.website.url("mine.pdf"))


def test_the_api_and_the_worker_know_the_types_of_the_user(served: Served) -> None:
    document = served.website.url("letter.pdf")
    assert "Morrow Hydraulics AG" in str(process(served.state, document, "letter")["sender"])
    job = {"jobId": "a-memo", "documentUrl": document, "requesterId": "a-test", "type": "memo"}
    status, refused = send(f"{read_address(served.state, 'api')}/process-document", job)
    assert status == 400
    assert "type must be one of invoice, contract, report, receipt, letter" in str(refused)


@pytest.mark.parametrize(("content", "says"), [(None, "is not a folder"), ("name =", "cannot be read")])
def test_invalid_types_are_reported_before_anything_starts(tmp_path: Path, content: str | None, says: str) -> None:
    folder = tmp_path / "types"
    if content:
        folder.mkdir()
        (folder / "letter.toml").write_text(content)
    done = run("serve", "--state", str(tmp_path / "state"), "--types", str(folder))
    assert done.returncode == 2
    assert done.stderr.startswith("serve: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
