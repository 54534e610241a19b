"""Fixtures of the command's tests: terminals, `make serve`, a machine that deploys, and AWS simulated by moto."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from local import samples
from local.server_process import ROOT, free_port
from ops.aws.client import Client
from ops.laptop import Laptop, find_laptop
from ops.programs import CDK
from tests import warm_start
from tests.aws import reset_aws, serve_aws_here
from tests.ops import fake_server
from tests.ops.fake_programs import write_program
from tests.ops.terminal import PLAIN, Terminal
from tests.processes import kill_at_end
from tests.stacks import saved_synthesis
from tests.stacks.conftest import SYNTHESES
from tests.stacks.warm_app import NO_BUNDLES, ensure_started
from tests.waiting import TIMEOUT_SECONDS, wait_until

REGION = "eu-central-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test"}
# Docker on a machine that builds for both processors, and a registry with the server's image for both.
DOCKER = """case "$2" in
inspect) echo "Platforms: linux/amd64*, linux/arm64" ;;
imagetools) echo '{"digest": "sha256:1", "manifests": [
{"platform": {"architecture": "amd64"}}, {"platform": {"architecture": "arm64"}}]}' ;;
*) echo 29.0 ;;
esac"""
# RDS, which moto simulates without its offers: the database's class in two zones.
OFFERS = """<DescribeOrderableDBInstanceOptionsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
<DescribeOrderableDBInstanceOptionsResult><OrderableDBInstanceOptions><OrderableDBInstanceOption>
<EngineVersion>17.9</EngineVersion><AvailabilityZones>
<AvailabilityZone><Name>eu-central-1a</Name></AvailabilityZone><AvailabilityZone><Name>eu-central-1b</Name></AvailabilityZone>
</AvailabilityZones></OrderableDBInstanceOption></OrderableDBInstanceOptions></DescribeOrderableDBInstanceOptionsResult>
</DescribeOrderableDBInstanceOptionsResponse>"""


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of make serve."""
    return tmp_path_factory.mktemp("serve")


def wait_for_laptop(serve: subprocess.Popen[str], state: Path) -> Laptop:
    """Return the addresses of a make serve as soon as it runs; fail as soon as it has ended."""
    found = wait_until(lambda: find_laptop(state) or serve.poll() is not None, "make serve did not come up")
    assert isinstance(found, Laptop), serve.communicate()
    return found


@pytest.fixture(scope="session")
def laptop(state: Path) -> Iterator[Laptop]:
    """A running make serve, which the files of a process share: a test names its own jobs."""
    words = ["local.serve", "--state", str(state), "--port", str(free_port(successors=1))]
    command = [sys.executable, "-m", "tests.warm_program", *words]
    pipe = subprocess.PIPE
    with kill_at_end(warm_start.start(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)) as serve:
        yield wait_for_laptop(serve, state)
        serve.terminate()
        serve.communicate(timeout=TIMEOUT_SECONDS)


@pytest.fixture
def at_home(laptop: Laptop, state: Path) -> Terminal:
    """A terminal on the machine where make serve runs."""
    del laptop  # it runs
    return Terminal({**PLAIN, "LONGHAND_STATE": str(state)})


@pytest.fixture
def nowhere(tmp_path: Path) -> Terminal:
    """A terminal on a machine without a make serve."""
    return Terminal({**PLAIN, "LONGHAND_STATE": str(tmp_path / "nothing")})


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invoice as a file."""
    file = tmp_path_factory.mktemp("documents") / "My invoice (March).pdf"
    file.write_bytes(samples.make_invoice())
    return file


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """The address of moto's server; it runs in this process because tests set states that no AWS request sets."""
    with serve_aws_here() as address:
        yield address


@pytest.fixture
def aws(moto_url: str) -> str:
    """The address of an empty simulated AWS."""
    reset_aws(moto_url)
    return moto_url


@pytest.fixture
def on_aws(aws: str, nowhere: Terminal) -> Terminal:
    """A terminal with credentials for the simulated AWS."""
    return nowhere.with_environ(AWS_ENDPOINT_URL=aws, AWS_REGION=REGION, **KEYS)


@pytest.fixture
def saved_app(run_folder: Path) -> dict[str, str]:
    """Variables with which the command synthesizes as the tests of the templates do: once for equal choices.

    The functions' bundles have tests of their own, and need a package index.
    """
    folder = run_folder / SYNTHESES
    ensure_started(folder)
    words = [sys.executable, "-m", saved_synthesis.__name__, str(folder)]
    return {"LONGHAND_APP": shlex.join(words), "CDK_CONTEXT_JSON": NO_BUNDLES}


@pytest.fixture(scope="session")
def aws_clients(moto_url: str) -> Client:
    """A function that makes one client of each service: that takes longer than the requests of a test."""

    @cache
    def make(service: str) -> Client:
        return boto3.client(
            service,
            endpoint_url=moto_url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    return make


@pytest.fixture
def client(aws: str, aws_clients: Client) -> Client:
    """A function that returns clients of the simulated AWS, which is empty."""
    del aws  # it has been reset
    return aws_clients


@pytest.fixture
def rds() -> Iterator[str]:
    """The address of an RDS that offers the database."""
    with fake_server.serve(
        lambda _: fake_server.Reply(body=OFFERS.encode(), headers={"content-type": "text/xml"})
    ) as fake:
        yield fake.url


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with a fake CDK and a fake Docker."""
    write_program(tmp_path, "cdk", f'case "$1" in --version) echo "{CDK.partition("@")[2]} (build test)";; esac')
    write_program(tmp_path, "docker", DOCKER)
    return tmp_path


@pytest.fixture
def ready(on_aws: Terminal, tools: Path, saved_app: dict[str, str], rds: str) -> Terminal:
    """A terminal on a machine that has everything."""
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return on_aws.with_environ(**saved_app, LONGHAND_CDK=str(tools / "cdk"), PATH=path, AWS_ENDPOINT_URL_RDS=rds)


@pytest.fixture
def prepared(client: Client) -> None:
    """A bootstrapped account."""
    client("iam").create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    body = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    client("cloudformation").create_stack(StackName="CDKToolkit", TemplateBody=body)
