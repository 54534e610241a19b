"""The app as a whole: what it writes, that it always writes the same, and what CloudFormation's linter says of it."""

import filecmp
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ops.programs import CDK

from .conftest import MODEL, OPEN, TOKENS, Synth
from .synthesized_app import SynthesizedApp


def test_two_syntheses_are_the_same_to_the_byte(synth: Synth) -> None:
    first, second = synth("profile=small").folder, synth("profile=small", again=True).folder
    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert names == {path.relative_to(second) for path in second.rglob("*") if path.is_file()}
    _, different, unreadable = filecmp.cmpfiles(first, second, [str(name) for name in names], shallow=False)
    assert (different, unreadable) == ([], [])


def test_the_cdks_command_line_that_is_fetched_understands_what_is_written(small: SynthesizedApp) -> None:
    wanted = json.loads((small.folder / "manifest.json").read_text())["minimumCliVersion"]
    fetched = CDK.partition("@")[2]
    assert [int(part) for part in fetched.split(".")] >= [int(part) for part in wanted.split(".")]


def test_there_is_one_stack_to_deploy_so_that_the_command_needs_no_name(either: SynthesizedApp) -> None:
    assert list(either.templates) == ["Root", "Network", "Data", "Server", "Worker", "Api", "Observability"]
    assert {
        one.kind for one in either.all(*{one["Type"] for one in either.templates["Root"]["Resources"].values()})
    } == {"AWS::CloudFormation::Stack"}


def test_nothing_is_known_of_an_account_or_a_region(either: SynthesizedApp) -> None:
    text = "".join(path.read_text() for path in either.folder.glob("*.template.json"))
    assert "dummy" not in text
    assert not [word for word in ("us-east-1", "eu-west-1", "123456789012") if word in text]


def test_workers_are_stable_before_the_trigger_can_create_their_jobs(either: SynthesizedApp) -> None:
    stacks = {one.path.split(".")[0]: one for one in either.all("AWS::CloudFormation::Stack")}
    waits_for = stacks["Api"].body["DependsOn"]
    assert stacks["Worker"].name in waits_for
    # And the workers need what the server's stack makes last: its tokens.
    assert "Server" in str(stacks["Worker"].properties["Parameters"])


def test_cfn_lint_finds_nothing(synth: Synth) -> None:
    """Once for all sets of choices, because it takes long to get ready; templates that are equal are looked at once."""
    sets = [("profile=small",), ("profile=production",), OPEN, TOKENS, MODEL]
    found = [path for one in sets for path in sorted(synth(*one).folder.glob("*.template.json"))]
    assert len(found) == 7 * len(sets)
    templates = {path.read_text(): str(path) for path in found}.values()
    # W3005: the CDK says what must come first also where a reference says it already.
    words = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "--", *templates]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_an_open_api_is_warned_of_each_time_and_others_are_not(synth: Synth, small: SynthesizedApp) -> None:
    printed = synth(*OPEN).printed
    assert "auth=none: any client that knows the address can send jobs and read results" in printed
    assert small.printed == ""


def test_every_resource_fits_under_cloudformations_limit(either: SynthesizedApp) -> None:
    for template in either.templates.values():
        assert len(template["Resources"]) < 200  # of 500
        assert len(template.get("Outputs", {})) < 100  # of 200


@pytest.mark.parametrize(("profile", "protected"), [("small", False), ("production", True)])
def test_production_is_not_deleted_by_one_command(synth: Synth, profile: str, *, protected: bool) -> None:
    artifacts = json.loads((synth(f"profile={profile}").folder / "manifest.json").read_text())["artifacts"].values()
    [stack] = [one for one in artifacts if one["type"] == "aws:cloudformation:stack"]
    assert stack["properties"].get("terminationProtection") is protected


def test_what_a_rotation_and_a_restore_need_is_printed(either: SynthesizedApp) -> None:
    outputs = either.templates["Root"]["Outputs"]
    meant = {name: either.meant("Root", outputs[name]["Value"]) for name in ("SigningKeySecret", "Database")}
    assert meant == {"SigningKeySecret": "<Server/Keys/SigningKey>", "Database": "<Data/Database/Instance>"}
    assert "Login" in str(either.meant("Root", outputs["DatabaseSecret"]["Value"]))


def test_what_a_client_needs_is_printed(either: SynthesizedApp) -> None:
    assert {"ApiUrl", "ApiAuth", "DocumentsBucket", "JobEventsTopic", "AlarmsTopic", "Dashboard"} <= set(
        either.templates["Root"]["Outputs"]
    )
