"""Several cells: each has its own server, database and workers, and the first is what one cell was."""

from typing import Any

import pytest

from contract.cells import CellLayout
from lambdas.trigger.settings import Settings as TriggerSettings
from stacks.choice_values import ChoiceError
from stacks.choices import Choices
from worker.settings import Settings as WorkerSettings

from .conftest import Synth
from .environments import SECRETS, fill_in, function_environment, trigger_environment
from .synthesized_app import ROOT, SynthesizedApp

CELL_CHOICES = ("cells=2", "closedCells=1", "anchorCells=1,2")
LAYOUT = CellLayout.make(2, closed=["1"], anchors=["1", "2"])


@pytest.fixture(scope="module")
def two(synth: Synth) -> SynthesizedApp:
    return synth("profile=small", *CELL_CHOICES)


def list_containers(app: SynthesizedApp, stack: str) -> list[dict[str, Any]]:
    resources = app.templates[stack]["Resources"].values()
    [task] = [one for one in resources if one["Type"] == "AWS::ECS::TaskDefinition"]
    return list(task["Properties"]["ContainerDefinitions"])


def read_environment(app: SynthesizedApp, stack: str, name: str) -> dict[str, str]:
    [body] = [one for one in list_containers(app, stack) if one["Name"] == name]
    secrets = {one["Name"]: SECRETS.get(one["Name"], "secret") for one in body["Secrets"]}
    return {one["Name"]: fill_in(one["Value"]) for one in body["Environment"]} | secrets


def test_the_first_cell_is_what_it_was(small: SynthesizedApp, two: SynthesizedApp) -> None:
    """So a stack gets a second cell without a change of the first one's server, data, functions or network."""
    for stack in ("Network", "Data", "Functions", "Server"):
        assert two.templates[stack]["Resources"] == small.templates[stack]["Resources"], stack
    for stack in ("Worker", "Api", "Observability"):
        before, after = (app.templates[stack]["Resources"] for app in (small, two))
        assert {name: one["Type"] for name, one in before.items()} == {name: one["Type"] for name, one in after.items()}
    assert small.templates.keys() < two.templates.keys()
    assert small.templates[ROOT]["Outputs"].keys() < two.templates[ROOT]["Outputs"].keys()


def test_one_cell_tells_no_program_of_cells(small: SynthesizedApp) -> None:
    assert TriggerSettings.from_env(trigger_environment(small)).cells is None
    assert not {"CELLS", "CELL"} & read_environment(small, "Worker", "Worker").keys()


def test_each_cell_has_its_own_server_database_keys_and_keeper(two: SynthesizedApp) -> None:
    for kind in ("AWS::RDS::DBInstance", "Custom::Keys", "Custom::ServerProof", "AWS::ECS::Service"):
        count = 4 if kind == "AWS::ECS::Service" else 2
        assert len(two.find_all(kind)) == count, kind
    for kind in ("AWS::S3::Bucket", "AWS::ECS::Cluster", "AWS::ApiGatewayV2::Api"):
        assert len(two.find_all(kind)) == 1, kind
    first, second = (
        two.resolve(stack, one["Environment"])
        for stack in ("Server", "Server2")
        for one in list_containers(two, stack)
        if one["Name"] == "Keeper"
    )
    values = [{one["Name"]: one["Value"] for one in found} for found in (first, second)]  # type: ignore[attr-defined]
    assert [one["METRICS_NAMESPACE"] for one in values] == ["Longhand", "Longhand-cell-2"]
    assert values[0]["DB_HOST"] != values[1]["DB_HOST"]


def test_the_trigger_knows_every_cell(two: SynthesizedApp) -> None:
    settings = TriggerSettings.from_env(trigger_environment(two))
    assert settings.cells
    assert (settings.cells.layout, settings.cells.own) == (LAYOUT, "1")
    other = settings.cells.others["2"]
    assert settings.server_url == "http://server.longhand.internal:8001"
    assert other.server_url == "http://server.longhand-cell-2.internal:8001"
    assert other.keeper_url == "http://server.longhand-cell-2.internal:8002"
    assert other.token
    inbox = TriggerSettings.from_env(function_environment(two, "Inbox"))
    assert inbox.cells
    assert inbox.cells.others["2"].server_url == other.server_url


@pytest.mark.parametrize(("stack", "own", "other"), [("Worker", "1", "2"), ("Worker2", "2", "1")])
def test_a_worker_knows_its_own_cell_and_the_others(two: SynthesizedApp, stack: str, own: str, other: str) -> None:
    settings = WorkerSettings.from_env(read_environment(two, stack, "Worker"))
    assert settings.cells
    assert (settings.cells.own, list(settings.cells.others)) == (own, [other])
    assert settings.runtime.url != settings.cells.others[other].server_url
    assert settings.cells.layout == LAYOUT


def test_each_cell_has_alarms_of_its_own(two: SynthesizedApp, small: SynthesizedApp) -> None:
    """Those of the API, the topic and the cluster are there once."""
    names = [one.properties["AlarmName"] for one in two.find_all("AWS::CloudWatch::Alarm")]
    assert len(names) == len(set(names))
    own = {name.removeprefix("Longhand-cell-2-") for name in names if name.startswith("Longhand-cell-2-")}
    all_names = {
        one.properties["AlarmName"].removeprefix("Longhand-") for one in small.find_all("AWS::CloudWatch::Alarm")
    }
    assert all_names - own == {"ApiFails", "TriggerErrors", "InboxFilesLeft", "NoticesLost", "TasksStop"}
    assert own < all_names


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"cells": "6"}, "-c cells=6 is invalid: cells must be a number from 1 to 5"),
        ({"cells": "two"}, "-c cells=two is invalid"),
        ({"cells": "2", "closedCells": "3"}, "-c closedCells=3 is invalid: there is no cell 3: the cells are 1, 2"),
        ({"cells": "2", "closedCells": "1,2"}, "-c closedCells=1,2 is invalid: all cells are closed"),
        ({"closedCells": "1"}, "all cells are closed"),
        ({"cells": "2", "anchorCells": "1,3"}, "-c anchorCells=1,3 is invalid: there is no cell 3"),
        ({"cells": "2", "anchorCells": "all"}, "-c anchorCells=all is invalid: anchorCells must be numbers of cells"),
    ],
)
def test_a_wrong_choice_is_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(ChoiceError) as caught:
        Choices.of(context)
    assert sentence in str(caught.value)
