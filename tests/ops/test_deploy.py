"""Bootstrap and deploy first report what is missing; deploy then shows changes and cost and asks for confirmation."""

import re
from pathlib import Path

import pytest

from local.server_process import ROOT
from ops.aws.change_set import NAME as CHANGE_SET
from ops.aws.client import Client
from ops.programs import CDK
from tests.ops.conftest import DOCKER, REGION
from tests.ops.fake_programs import read_calls, write_program
from tests.ops.stacks import (
    ACCOUNT,
    NAME,
    REPLACED_ALARM,
    NestedChange,
    deploy,
    list_change_sets,
    prepare_change_set,
    set_status,
)
from tests.ops.terminal import Terminal


def test_the_docs_install_the_same_cdk_release() -> None:
    """Its release stands once in the code and once in the docs."""
    pages = [path.read_text() for path in ROOT.glob("docs/**/*.md")] + [(ROOT / "README.md").read_text()]
    assert re.findall(r"aws-cdk@[\w.]+", "".join(pages)) == [CDK]


def test_bootstrap_prepares_the_account_and_region_of_the_credentials(
    ready: Terminal, tools: Path, client: Client
) -> None:
    ended = ready.run("bootstrap")
    assert ended.code == 0, ended
    [role] = client("iam").list_roles(PathPrefix="/aws-service-role/ecs.amazonaws.com/")["Roles"]
    assert role  # without it, the first deployment fails
    assert ready.run("bootstrap").code == 0
    assert f"cdk bootstrap aws://{ACCOUNT}/{REGION}" in read_calls(tools)
    assert f"region={REGION}" in read_calls(tools)


def test_bootstrap_reports_what_is_missing_and_changes_nothing(ready: Terminal, tools: Path) -> None:
    write_program(tools, "docker", "exit 1")
    ended = ready.run("bootstrap")
    assert ended.code == 78
    assert "Docker does not respond" in ended.out
    assert not [line for line in read_calls(tools) if line.startswith("cdk bootstrap")]


def test_deploy_refuses_a_region_without_bootstrap(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy", "--yes")
    assert (ended.code, "run ./longhand bootstrap" in ended.out) == (78, True)
    assert not [line for line in read_calls(tools) if line.startswith("cdk deploy")]


@pytest.mark.usefixtures("prepared")
def test_an_account_that_cannot_take_the_stack_is_reported_before_anything_is_shown(
    ready: Terminal, tools: Path
) -> None:
    write_program(tools, "docker", DOCKER.replace("arm64", "amd64"))
    ended = ready.run("deploy", "--yes")
    assert (ended.code, "Docker does not build for linux/arm64" in ended.out) == (78, True), ended
    assert "exists for amd64 only" in ended.out
    assert not [line for line in read_calls(tools) if line.startswith(("cdk diff", "cdk deploy"))]


@pytest.mark.usefixtures("prepared")
def test_deploy_shows_changes_and_cost_and_asks_for_confirmation(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)
    prepare_change_set(client, REPLACED_ALARM)  # what the CDK would do
    no = ready.run("deploy", stdin="n\n")
    assert no.code == 130
    assert [line.split()[1] for line in read_calls(tools) if line.startswith("cdk")] == ["--version", "diff"]
    assert "Idle cost: about $" in no.out
    yes = ready.run("deploy", stdin="y\n")
    assert yes.code == 0, yes
    [prepare, execute] = [line for line in read_calls(tools) if line.startswith("cdk deploy")]
    assert prepare.startswith(f"cdk deploy --method prepare-change-set --change-set-name {CHANGE_SET} --require-app")
    assert execute.startswith(f"cdk deploy {NAME} --method execute-change-set --change-set-name {CHANGE_SET} ")
    assert "Check it: ./longhand doctor --stack Longhand" in yes.out


@pytest.mark.usefixtures("prepared")
def test_without_changes_nothing_is_executed(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)
    prepare_change_set(client)
    assert ready.run("deploy", "--yes").code == 0
    assert not [line for line in read_calls(tools) if "execute-change-set" in line]
    assert CHANGE_SET not in list_change_sets()


DATABASE = NestedChange("DatabaseInstanceAA8A5FDE", "AWS::RDS::DBInstance", replacement="True")
LOSSES = {
    "a replaced database": (DATABASE, "the database DatabaseInstanceAA8A5FDE would be replaced by an empty one"),
    "a bucket that may be replaced": (
        NestedChange("Bucket", "AWS::S3::Bucket", replacement="Conditional"),
        "the bucket Bucket would be replaced by an empty one",
    ),
    "a deleted key": (NestedChange("Key", "AWS::KMS::Key", "Remove"), "the key Key would be deleted"),
    "a replaced topic": (
        NestedChange("JobEvents", "AWS::SNS::Topic", replacement="True"),
        "the topic JobEvents would be replaced by an empty one",
    ),
    "a deleted nested stack": (
        NestedChange("Data", "AWS::CloudFormation::Stack", "Remove"),
        "the nested stack Data would be deleted",
    ),
}


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("loss", LOSSES)
def test_a_change_set_that_would_lose_data_is_refused_by_name(
    ready: Terminal, tools: Path, client: Client, loss: str
) -> None:
    change, sentence = LOSSES[loss]
    deploy(client)
    prepare_change_set(client, REPLACED_ALARM, change)
    ended = ready.run("deploy", "--yes")
    assert (ended.code, f"nothing was deployed, because {sentence}: " in ended.err) == (65, True), ended
    assert "JobsFail" not in ended.err
    assert not [line for line in read_calls(tools) if "execute-change-set" in line]
    assert CHANGE_SET not in list_change_sets()


@pytest.mark.usefixtures("prepared")
def test_only_the_named_resource_may_be_replaced(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)
    prepare_change_set(client, DATABASE)
    assert ready.run("deploy", "--yes", "--replace", "Bucket").code == 65
    prepare_change_set(client, DATABASE)
    assert ready.run("deploy", "--yes", "--replace", DATABASE.name).code == 0
    assert len([line for line in read_calls(tools) if "execute-change-set" in line]) == 1


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS", "CREATE_FAILED"])
def test_a_first_deployment_keeps_what_exists_if_it_fails_and_continues_there(
    ready: Terminal, tools: Path, client: Client, status: str | None
) -> None:
    if status:
        deploy(client)
        set_status(status)
    ready.run("deploy", "--yes")
    [words] = [line for line in read_calls(tools) if line.startswith("cdk deploy")]
    assert words.startswith("cdk deploy --no-rollback --require-approval never --app ")


@pytest.mark.usefixtures("prepared")
def test_packages_that_cannot_be_downloaded_are_reported(ready: Terminal) -> None:
    """Neither a package index nor a cache is available."""
    without = ready.with_environ(
        CDK_CONTEXT_JSON="{}",
        UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
        UV_CACHE_DIR="/nonexistent",
        UV_NO_CACHE="1",
        UV_HTTP_RETRIES="0",
    )
    ended = without.run("deploy", "--yes")
    assert (ended.code, "check the network and the package index" in ended.err) == (78, True), ended


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(("status", "code"), [("ROLLBACK_COMPLETE", 78), ("UPDATE_IN_PROGRESS", 75)])
def test_a_stack_that_cannot_be_updated_is_refused_before_anything_is_built(
    ready: Terminal,
    client: Client,
    status: str,
    code: int,
) -> None:
    deploy(client)
    set_status(status)
    assert ready.run("deploy", "--yes").code == code


@pytest.mark.usefixtures("prepared")
def test_a_failed_cdk_run_is_reported(ready: Terminal, tools: Path) -> None:
    write_program(tools, "cdk", 'case "$1" in --version) echo 2;; diff) echo "why" >&2; exit 3;; esac')
    ended = ready.run("deploy", "--yes")
    assert ended.code == 78
    assert ended.err.endswith("why\nlonghand: cdk diff exited with 3: its output above has the reason\n")


@pytest.mark.usefixtures("prepared")
def test_deploy_without_a_terminal_changes_nothing_and_says_so(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy")
    assert (ended.code, "nothing was deployed: answer y, or add --yes" in ended.err) == (130, True), ended
    assert not [line for line in read_calls(tools) if line.startswith("cdk deploy")]
