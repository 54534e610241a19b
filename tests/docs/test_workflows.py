"""The workflows run targets and commands that exist; the one that costs money is off until a variable is set."""

import re
import shlex

import pytest
import yaml  # type: ignore[import-untyped] # it has no types

from local.server_process import ROOT
from tests.ops.command_options import list_options

WORKFLOWS = {file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / ".github" / "workflows").glob("*.yml")}
MAKEFILE = (ROOT / "Makefile").read_text()


def list_commands(workflow: str) -> list[list[str]]:
    """Return every line that the workflow's jobs run, in words, without comments."""
    steps = [step for job in WORKFLOWS[workflow]["jobs"].values() for step in job["steps"]]
    lines = [line for step in steps for line in step.get("run", "").splitlines()]
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_runs_targets_that_exist(workflow: str) -> None:
    targets = [words[1] for words in list_commands(workflow) if words[:1] == ["make"]]
    assert targets
    assert [name for name in targets if not name.startswith("${{") and f"\n{name}: " not in MAKEFILE] == []


def test_a_workflow_calls_the_command_with_options_that_exist() -> None:
    calls = [words[1:] for words in list_commands("sandbox") if words[:1] == ["./longhand"]]
    assert {words[0] for words in calls} >= {"bootstrap", "deploy", "doctor", "submit", "teardown"}
    for words in calls:
        assert {word for word in words if word.startswith("-")} <= list_options(words), words


def test_the_images_are_built_and_run_on_the_processors_of_the_tasks() -> None:
    job = WORKFLOWS["ci"]["jobs"]["images"]
    assert job["runs-on"] == "ubuntu-24.04-arm"
    assert {"run": "make images"} in job["steps"]


def test_a_deployment_is_off_by_default_and_always_removed() -> None:
    """It has no key of the account, but a role for as long as it runs."""
    workflow = WORKFLOWS["sandbox"]
    [job] = workflow["jobs"].values()
    assert job["if"] == "vars.SANDBOX_ROLE != ''"
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "sandbox.yml").read_text()
    *_, last = job["steps"]
    assert last["if"] == "always()"
    assert last["run"].startswith("./longhand teardown --confirm Sandbox --force")
    assert job["env"]["LONGHAND_STACK"] == "Sandbox"


def test_every_action_is_pinned_to_a_commit() -> None:
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        used = re.findall(r"uses: (\S+)", file.read_text())
        assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action)] == []
