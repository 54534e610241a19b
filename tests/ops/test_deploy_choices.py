"""Deploy keeps the choices of the last deployment, and changes those that are given."""

import json
import re
from pathlib import Path

import pytest

from ops.aws.client import Client
from tests.ops.fake_programs import read_calls, write_program
from tests.ops.stacks import NAME, REPLACED_ALARM, deploy, deploy_choices, prepare_change_set, set_status
from tests.ops.terminal import Terminal
from tests.stacks.conftest import BUS, OPEN_API, OPENAI_MODEL

# A CDK that copies what it should deploy: its last argument is the folder.
KEEP = """
case "$1" in --version) echo 2;; deploy) shift $(($# - 1)); rm -rf "KEPT"; cp -r "$1" "KEPT";; esac
"""


@pytest.mark.usefixtures("prepared")
def test_the_choices_are_deployed(ready: Terminal, tools: Path, client: Client) -> None:
    deploy(client)
    prepare_change_set(client, REPLACED_ALARM)
    choices = [word for choice in OPEN_API for word in ("-c", choice)]
    write_program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    assert ready.run("deploy", "--yes", *choices).code == 0
    worker = next((tools / "kept").glob("*Worker*.template.json")).read_text()
    assert '"OCR_ENGINE"' in worker
    assert '"textract"' in worker
    assert list((tools / "kept").glob("asset.*/worker/custom_types/order.toml"))


NEW_CHOICE = f"notify={BUS}"
# With the added choice these are a set that is synthesized once for all tests.
DEPLOYED_CHOICES = dict(choice.split("=", 1) for choice in OPENAI_MODEL if choice != NEW_CHOICE)
CHOSEN_PARAMETERS = {f"Choice{name[0].upper()}{name[1:]}": value for name, value in DEPLOYED_CHOICES.items()}


def read_defaults(folder: Path) -> dict[str, str]:
    """Return the values of those parameters in the deployed template."""
    parameters = json.loads((folder / f"{NAME}.template.json").read_text())["Parameters"]
    return {name: body["Default"] for name, body in parameters.items() if name in CHOSEN_PARAMETERS}


@pytest.mark.usefixtures("prepared")
def test_a_choice_that_is_not_given_keeps_its_deployed_value(ready: Terminal, tools: Path, client: Client) -> None:
    """cdk.json has the profile small, and no address for alarms."""
    deploy_choices(client, **CHOSEN_PARAMETERS, ChoiceNotify="-")
    prepare_change_set(client, REPLACED_ALARM)
    write_program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    ended = ready.run("deploy", "--yes", "-c", NEW_CHOICE)
    assert (ended.code, f"Choice notify: not chosen -> {BUS}\n" in ended.out) == (0, True), ended
    assert "Choice profile" not in ended.out
    assert read_defaults(tools / "kept") == CHOSEN_PARAMETERS
    prepare = next(line for line in read_calls(tools) if "prepare-change-set" in line)
    assert re.findall(r"--parameters (\S+)", prepare) == [f"ChoiceNotify={BUS}"]


@pytest.mark.usefixtures("prepared")
def test_a_first_deployment_that_failed_continues_with_its_choices_and_a_corrected_one(
    ready: Terminal, tools: Path, client: Client
) -> None:
    """Its parameters permit no others, and a choice may be why it failed."""
    deploy_choices(client, **CHOSEN_PARAMETERS, ChoiceNotify="-")
    set_status("CREATE_FAILED")
    write_program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    ready.run("deploy", "--yes", "-c", NEW_CHOICE)
    [words] = [line for line in read_calls(tools) if line.startswith("cdk deploy")]
    assert words.startswith(f"cdk deploy --no-rollback --parameters ChoiceNotify={BUS} --require-approval ")
    assert read_defaults(tools / "kept") == CHOSEN_PARAMETERS


@pytest.mark.usefixtures("prepared")
def test_an_empty_value_takes_a_choice_back(ready: Terminal, tools: Path, client: Client) -> None:
    deploy_choices(client, ChoiceProfile="small", ChoiceOcr="mixed")
    prepare_change_set(client, REPLACED_ALARM)
    ended = ready.run("deploy", "--yes", "-c", "ocr=")
    assert (ended.code, "Choice ocr: mixed -> not chosen\n" in ended.out) == (0, True), ended
    assert any("--parameters ChoiceOcr=- " in line for line in read_calls(tools))


@pytest.mark.usefixtures("prepared")
def test_the_profile_of_a_deployed_stack_is_never_changed(ready: Terminal, tools: Path, client: Client) -> None:
    """A stack that was deployed before its parameters recorded choices has the profile as an output."""
    deploy(client, profile="production")
    prepare_change_set(client, REPLACED_ALARM)
    write_program(tools, "cdk", KEEP.replace("KEPT", str(tools / "kept")))
    refused = ready.run("deploy", "--yes", "--profile", "small")
    assert (refused.code, "has the profile production, and small would replace its database" in refused.err) == (
        65,
        True,
    ), refused
    assert not [line for line in read_calls(tools) if line.startswith(("cdk diff", "cdk deploy"))]
    assert "needs -c alarmEmail=... as well" in ready.run("deploy", "--yes").err
    assert ready.run("deploy", "--yes", "-c", "alarmEmail=on-call@example.com").code == 0
    assert '"Default": "production"' in (tools / "kept" / f"{NAME}.template.json").read_text()


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("key", ["stack", "profile"])
def test_deploy_refuses_stack_and_profile_as_choices(ready: Terminal, tools: Path, key: str) -> None:
    for ended in (ready.run("deploy", "--yes", "-c", f"{key}=Trial"), ready.run("deploy", f"-c{key}=small", "--yes")):
        assert (ended.code, ended.err) == (64, f"longhand: use --{key} instead of -c {key}=\n")
    assert read_calls(tools) == []


@pytest.mark.usefixtures("prepared")
def test_deploy_reports_an_invalid_choice_in_the_apps_own_words(ready: Terminal, tools: Path) -> None:
    ended = ready.run("deploy", "--yes", "-c", "profil=small")
    assert (ended.code, "did you mean profile?" in ended.err) == (78, True)
    assert not [line for line in read_calls(tools) if line.startswith(("cdk diff", "cdk deploy"))]
