"""Bootstrap and deploy say first what is missing, then what would change and what it costs, and then they ask."""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from local.server_process import ROOT
from ops.aws.client import Client
from ops.programs import CDK
from tests.ops.conftest import REGION
from tests.ops.programs import program, record
from tests.ops.stacks import ACCOUNT, NAME, deploy, set_status
from tests.ops.terminal import Terminal


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with a CDK and a Docker."""
    program(tmp_path, "cdk", f'case "$1" in --version) echo "{CDK.partition("@")[2]} (build test)";; esac')
    program(tmp_path, "docker", "echo 29.0")
    return tmp_path


@pytest.fixture
def ready(on_aws: Terminal, tools: Path) -> Terminal:
    """A terminal on a machine that has all."""
    # The functions' bundles have tests of their own, and need a package index.
    no_code = '{"aws:cdk:bundling-stacks": []}'
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    return on_aws.having(LONGHAND_CDK=str(tools / "cdk"), PATH=path, CDK_CONTEXT_JSON=no_code)


@pytest.fixture
def prepared(client: Client) -> None:
    """An account that is bootstrapped."""
    body = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    client("cloudformation").create_stack(StackName="CDKToolkit", TemplateBody=body)


def test_the_cdk_that_is_fetched_is_the_one_that_the_page_installs() -> None:
    """Its version is said in one place of the code and in one of the docs."""
    pages = [path.read_text() for path in ROOT.glob("docs/**/*.md")] + [(ROOT / "README.md").read_text()]
    assert re.findall(r"aws-cdk@[\w.]+", "".join(pages)) == [CDK]


def test_bootstrap_prepares_the_account_and_region_of_the_credentials(ready: Terminal, tools: Path) -> None:
    ended = ready.run("bootstrap")
    assert ended.code == 0, ended
    assert f"cdk bootstrap aws://{ACCOUNT}/{REGION}" in record(tools)
    assert f"region={REGION}" in record(tools)


def test_what_is_missing_is_said_and_nothing_is_done(ready: Terminal, tools: Path) -> None:
    program(tools, "docker", "exit 1")
    ended = ready.run("bootstrap")
    assert ended.code == 78
    assert "Docker does not answer" in ended.out
    assert not [line for line in record(tools) if line.startswith("cdk bootstrap")]


def test_deploy_wants_a_bootstrapped_region(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy", "--yes")
    assert (ended.code, "./longhand bootstrap" in ended.out) == (78, True)
    assert not [line for line in record(tools) if line.startswith("cdk deploy")]


@pytest.mark.usefixtures("prepared")
def test_deploy_shows_what_changes_and_what_it_costs_and_asks(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)  # what the CDK would do
    no = ready.run("deploy", stdin="n\n")
    assert no.code == 130
    assert [line.split()[1] for line in record(tools) if line.startswith("cdk")] == ["--version", "diff"]
    assert "a month when idle" in no.out
    yes = ready.run("deploy", stdin="y\n")
    assert yes.code == 0, yes
    [words] = [line for line in record(tools) if line.startswith("cdk deploy")]
    assert words.startswith("cdk deploy --require-approval never --app ")
    assert "Prove it: ./longhand doctor --stack Longhand" in yes.out


@pytest.mark.usefixtures("prepared")
def test_a_choice_that_the_app_refuses_is_its_own_sentence(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy", "--yes", "-c", "profil=small")
    assert (ended.code, "did you mean profile?" in ended.err) == (78, True)
    assert not [line for line in record(tools) if line.startswith(("cdk diff", "cdk deploy"))]


@pytest.mark.usefixtures("prepared")
def test_packages_that_cannot_be_had_are_said(ready: Terminal) -> None:
    """An index that nobody serves, and a cache in which nothing is."""
    without = ready.having(
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
def test_a_stack_that_takes_no_change_is_said_before_anything_is_made(
    ready: Terminal,
    client: Client,
    status: str,
    code: int,
) -> None:
    deploy(client)
    set_status(status)
    assert ready.run("deploy", "--yes").code == code


@pytest.mark.usefixtures("prepared")
def test_a_cdk_that_fails_is_said(ready: Terminal, tools: Path) -> None:
    program(tools, "cdk", 'case "$1" in --version) echo 2;; diff) echo "why" >&2; exit 3;; esac')
    ended = ready.run("deploy", "--yes")
    assert ended.code == 78
    assert ended.err.endswith("why\nlonghand: cdk diff ended with 3: what it says above is why\n")


@pytest.mark.usefixtures("prepared")
def test_what_is_chosen_is_what_is_deployed(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)
    choices = ("-c", "ocr=mixed", "-c", "documentTypes=tests/stacks/types")
    program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    assert ready.run("deploy", "--yes", *choices).code == 0
    worker = next((tools / "kept").glob("*Worker*.template.json")).read_text()
    assert '"OCR_ENGINE"' in worker
    assert '"mixed"' in worker
    assert list((tools / "kept").glob("asset.*/worker/custom_types/order.toml"))


def home_whose_stacks_are_of_production(folder: Path) -> Path:
    """A copy of the project that says so in its cdk.json."""
    aside = shutil.ignore_patterns(".venv", ".git", ".state", "*cache*", "cdk.out", "docs", "tests")
    shutil.copytree(ROOT, folder, ignore=aside)
    kept = folder / "cdk.json"
    kept.write_text(kept.read_text().replace('"profile": "small"', '"profile": "production"'))
    return folder


@pytest.mark.usefixtures("prepared")
def test_a_deployment_that_says_no_profile_takes_that_of_cdk_json_and_never_makes_a_production_stack_small(
    ready: Terminal, tools: Path, client: Client
) -> None:
    deploy(client, profile="production")
    program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    ended = ready.run("deploy", "--yes")
    assert (ended.code, "is of the profile production, and cdk.json says small" in ended.err) == (64, True), ended
    assert not [line for line in record(tools) if line.startswith(("cdk diff", "cdk deploy"))]
    ended = replace(ready, folder=home_whose_stacks_are_of_production(tools / "home")).run("deploy", "--yes")
    assert ended.code == 0, ended
    assert '"Value": "production"' in (tools / "kept" / f"{NAME}.template.json").read_text()


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("key", ["stack", "profile"])
def test_the_stack_that_is_checked_is_the_one_that_is_deployed(ready: Terminal, tools: Path, key: str) -> None:
    for ended in (ready.run("deploy", "--yes", "-c", f"{key}=Trial"), ready.run("deploy", f"-c{key}=small", "--yes")):
        assert (ended.code, ended.err) == (64, f"longhand: -c {key}= is not looked at: say --{key}\n")
    assert record(tools) == []


@pytest.mark.usefixtures("prepared")
def test_where_nobody_can_be_asked_nothing_is_deployed_and_it_is_said(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy")
    assert (ended.code, "nothing was deployed: say y, or --yes" in ended.err) == (130, True), ended
    assert not [line for line in record(tools) if line.startswith("cdk deploy")]


# A CDK that keeps what it is to deploy: its last word is the folder.
KEEP = """
case "$1" in --version) echo 2;; deploy) shift $(($# - 1)); cp -r "$1" "KEPT";; esac
"""
