"""Fixtures of the worker's tests: a store of each kind, a web server, and AWS simulated by moto."""

from collections.abc import Iterator
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.job import DocumentJob
from local.server_process import Options, ServerProcess, ServerProgram
from tests import warm_start
from tests.aws import serve_aws
from tests.conftest import REAL_IN_SOAK, StartServer
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site, serve_site
from worker.adapters.object_store import Store

REGION = "eu-central-1"


@pytest.fixture(params=REAL_IN_SOAK)
def server_program(request: pytest.FixtureRequest) -> ServerProgram:
    """Each of the two servers in turn, the real one in `make soak`."""
    either: ServerProgram = request.param
    return either


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """A server of each kind that soon offers a task to another worker, if the first one is busy."""
    return start_server(server_program, options=Options(retry_timeout=500, timeouts_interval=200))


@pytest.fixture(scope="package", autouse=True)
def _loaded_fork_servers() -> Iterator[None]:
    """Fork the fork servers of this process, too, from those that have loaded what they need."""
    with warm_start.share_fork_servers():
        yield


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server for one test."""
    with serve_site() as site:
        yield site


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """The address of a server that simulates AWS."""
    with serve_aws() as address:
        yield address


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point every AWS library at that server."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    return aws_server


@pytest.fixture
def bucket(aws: str, request: pytest.FixtureRequest) -> str:
    """The name of an empty bucket."""
    assert aws
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    """A store in a folder."""
    return Store.open((tmp_path / "store").as_uri())


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store of each kind in turn."""
    if request.param == "folder":
        folder: Store = request.getfixturevalue("folder_store")
        return folder
    return Store.open(f"s3://{request.getfixturevalue('bucket')}/some/prefix")


@pytest.fixture
def job() -> DocumentJob:
    """A job whose document does not exist."""
    return DocumentJob(job_id="job-1", document_url="https://example.com/a.pdf", requester_id="client")


@pytest.fixture
def lab(server: ServerProcess, site: Site, tmp_path: Path) -> Iterator[DocumentLab]:
    """A server of each kind, a web server with documents, and workers."""
    lab = DocumentLab(server, site, tmp_path / "lab")
    yield lab
    lab.end()
