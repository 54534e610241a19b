"""The app as a whole: its stacks and outputs, their reproducibility, and CloudFormation's linter."""

import filecmp
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from ops.programs import CDK
from tests.seeds import RUN_SEED, draw_some, repeat_command

from .conftest import JWT_API, OPEN_API, OPENAI_MODEL, PROFILES, SMALL_CONSOLE, Synth
from .saved_synthesis import OUTPUT_FILE
from .synthesized_app import SynthesizedApp

METADATA = "Longhand.metadata.json"  # no part of a template; the trace of a warning names temporary folders


def test_two_syntheses_are_the_same_to_the_byte(synth: Synth) -> None:
    """The second one is a user's: in a process of its own, which keeps what it prints in a file beside."""
    first, second = synth(*OPEN_API).folder, synth(*OPEN_API, cold=True).folder
    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    assert names == {path.relative_to(second) for path in second.rglob("*") if path.is_file()} - {Path(OUTPUT_FILE)}
    _, different, unreadable = filecmp.cmpfiles(first, second, [str(name) for name in names], shallow=False)
    assert (different, unreadable) == ([METADATA], [])
    texts = [re.sub(r"/\S+(?=/(?:lib|node_modules)/)", "", (one / METADATA).read_text()) for one in (first, second)]
    assert texts[0] == texts[1]


def test_the_pinned_cdk_command_line_can_read_the_manifest(small: SynthesizedApp) -> None:
    minimum = json.loads((small.folder / "manifest.json").read_text())["minimumCliVersion"]
    pinned = CDK.partition("@")[2]
    assert [int(part) for part in pinned.split(".")] >= [int(part) for part in minimum.split(".")]


STACKS = ["Root", "Network", "Data", "Server", "Functions", "Worker", "Api", "Observability"]


def test_one_root_stack_holds_the_nested_stacks(app: SynthesizedApp) -> None:
    assert list(app.templates) == STACKS
    assert {
        one.kind for one in app.find_all(*{one["Type"] for one in app.templates["Root"]["Resources"].values()})
    } == {"AWS::CloudFormation::Stack"}


def test_templates_are_for_any_account_and_region(app: SynthesizedApp) -> None:
    text = "".join(path.read_text() for path in app.folder.glob("*.template.json"))
    assert "dummy" not in text
    assert not [word for word in ("us-east-1", "eu-west-1", "123456789012") if word in text]


def test_workers_are_deployed_before_the_trigger(app: SynthesizedApp) -> None:
    stacks = {one.path.split(".")[0]: one for one in app.find_all("AWS::CloudFormation::Stack")}
    waits_for = stacks["Api"].body["DependsOn"]
    assert stacks["Worker"].name in waits_for
    # The workers need the tokens, which the server's stack creates last.
    assert "Server" in str(stacks["Worker"].properties["Parameters"])


SETS = [*PROFILES.values(), OPEN_API, JWT_API, SMALL_CONSOLE, OPENAI_MODEL]


@pytest.mark.parametrize(
    ("sets", "choose"),
    [
        pytest.param(
            [SETS[RUN_SEED % len(SETS)]],
            partial(draw_some, share=0, at_least=2),
            id="two templates of one set of choices, others in each run",
        ),
        pytest.param(SETS, list, id="all", marks=pytest.mark.soak),
    ],
)
def test_cfn_lint_finds_no_problem(
    synth: Synth, sets: Sequence[Sequence[str]], choose: Callable[[list[Path]], list[Path]]
) -> None:
    """One run for all sets, because the linter takes a second for a template; equal templates are checked once."""
    found = [path for one in sets for path in sorted(synth(*one).folder.glob("*.template.json"))]
    assert len(found) == sum(len(STACKS) - ("functions=off" in one) for one in sets)
    templates = {path.read_text(): str(path) for path in choose(found)}.values()
    # W3005: the CDK adds DependsOn also where a reference already implies it. W3691 knows minor versions only.
    words = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", "W3005", "W3691", "--", *templates]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), (sets, repeat_command(RUN_SEED, __file__))


def test_an_open_api_prints_a_warning_and_nothing_else(synth: Synth) -> None:
    app = synth(*OPEN_API, cold=True)
    [warning] = app.warnings
    assert warning.startswith("auth=none: any client that knows the address can send jobs and read results; deploy ")
    printed, place, acknowledge, blank, copy = app.printed.splitlines()
    assert printed.startswith(f"WARNING {warning}")
    assert "Longhand/Api" in place
    assert "Annotation::longhand:open-api" in acknowledge
    assert (blank, copy.partition(":")[0]) == ("", "A copy of this report can be found in")


def test_a_profile_has_no_warning(app: SynthesizedApp) -> None:
    assert app.warnings == []


def test_templates_stay_well_below_cloudformations_limits(app: SynthesizedApp) -> None:
    for template in app.templates.values():
        assert len(template["Resources"]) < 200  # of 500
        assert len(template.get("Outputs", {})) < 100  # of 200


@pytest.mark.parametrize(("profile", "protected"), [("small", False), ("production", True)])
def test_only_production_has_termination_protection(synth: Synth, profile: str, *, protected: bool) -> None:
    artifacts = json.loads((synth(*PROFILES[profile]).folder / "manifest.json").read_text())["artifacts"].values()
    [stack] = [one for one in artifacts if one["type"] == "aws:cloudformation:stack"]
    assert stack["properties"].get("terminationProtection") is protected


def test_outputs_name_the_resources_for_a_rotation_and_a_restore(app: SynthesizedApp) -> None:
    outputs = app.templates["Root"]["Outputs"]
    targets = {name: app.resolve("Root", outputs[name]["Value"]) for name in ("SigningKeySecret", "Database")}
    assert targets == {"SigningKeySecret": "<Server/Keys/SigningKey>", "Database": "<Data/Database/Instance>"}
    assert "Login" in str(app.resolve("Root", outputs["DatabaseSecret"]["Value"]))


def test_outputs_name_the_resources_for_clients(app: SynthesizedApp) -> None:
    assert {"ApiUrl", "ApiAuth", "DocumentsBucket", "JobEventsTopic", "AlarmsTopic", "Dashboard"} <= set(
        app.templates["Root"]["Outputs"]
    )
