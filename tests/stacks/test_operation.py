"""What operators may choose about tasks and the database, and what is so without a choice."""

import pytest

from stacks.choice_values import ChoiceError
from stacks.choices import Choices
from stacks.operation_choices import OperationChoices

from .conftest import OPENAI_MODEL, SMALL_CONSOLE, Synth
from .synthesized_app import SynthesizedApp
from .test_permissions import Allowed, find_permissions, pair

CHANNELS = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel")
EXEC: Allowed = pair(tuple(f"ssmmessages:{channel}" for channel in CHANNELS), "*")
EXEC_ROLES = {"<Worker/Worker/Task/TaskRole>": EXEC, "<Server/Server/Task/TaskRole>": EXEC}
FOLDERS = {"/var/lib/amazon", "/var/log/amazon"}


@pytest.fixture(scope="module")
def chosen(synth: Synth) -> SynthesizedApp:
    return synth(*SMALL_CONSOLE)


def test_a_shell_in_a_task_needs_a_choice(chosen: SynthesizedApp, app: SynthesizedApp) -> None:
    for found, is_on in ((chosen, True), (app, None)):
        services = found.find_all("AWS::ECS::Service")
        assert [one.properties.get("EnableExecuteCommand") for one in services] == [is_on] * 2
    assert {role for role, allowed in find_permissions(chosen).items() if allowed >= EXEC} == EXEC_ROLES.keys()
    assert not {role for role, allowed in find_permissions(app).items() if allowed & EXEC}


def test_the_agent_has_folders_of_its_own_beside_the_read_only_root(chosen: SynthesizedApp) -> None:
    """Two containers of a task share none, or one would read the sessions of the other."""
    for task in chosen.find_all("AWS::ECS::TaskDefinition"):
        volumes: list[str] = []
        for container in task.properties["ContainerDefinitions"]:
            assert container["ReadonlyRootFilesystem"] is True
            mounts = {one["ContainerPath"]: one["SourceVolume"] for one in container["MountPoints"]}
            assert mounts.keys() >= FOLDERS
            volumes += mounts.values()
        assert sorted(volumes) == sorted(one["Name"] for one in task.properties["Volumes"])


def test_failing_jobs_roll_a_deployment_of_workers_back_by_choice(chosen: SynthesizedApp, app: SynthesizedApp) -> None:
    rollout = chosen.find("AWS::ECS::Service", "Worker").properties["DeploymentConfiguration"]
    [alarm] = rollout["Alarms"]["AlarmNames"]
    assert rollout["Alarms"] == {"AlarmNames": [alarm], "Enable": True, "Rollback": True}
    assert alarm in {one.properties["AlarmName"] for one in chosen.find_all("AWS::CloudWatch::Alarm")}
    for found in (chosen, app):  # a rollback of the server would stop it a second time
        assert "Alarms" not in found.find("AWS::ECS::Service", "Server").properties["DeploymentConfiguration"]
    assert "Alarms" not in app.find("AWS::ECS::Service", "Worker").properties["DeploymentConfiguration"]


def test_the_database_has_the_chosen_windows(synth: Synth, app: SynthesizedApp) -> None:
    database = synth(*OPENAI_MODEL).find("AWS::RDS::DBInstance").properties
    assert database["PreferredBackupWindow"] == "02:00-02:30"
    assert database["PreferredMaintenanceWindow"] == "sun:03:00-sun:04:00"
    assert "PreferredBackupWindow" not in app.find("AWS::RDS::DBInstance").properties


def test_operation_is_read() -> None:
    context = {"backupWindow": "23:45-00:30", "maintenanceWindow": "Sun:23:00-Mon:23:45", "ecsExec": "ON"}
    with pytest.raises(ChoiceError, match="overlaps"):
        Choices.of({**context, "maintenanceWindow": "sun:23:30-mon:00:30"})
    with pytest.raises(ChoiceError, match="overlaps"):
        Choices.of(context)
    apart = Choices.of({**context, "maintenanceWindow": "Sat:23:00-Sat:23:45", "rollbackAlarms": "on"})
    assert apart.operation == OperationChoices(
        backup_window="23:45-00:30", maintenance_window="sat:23:00-sat:23:45", has_exec=True, has_rollback_alarms=True
    )
    assert Choices.of({}).operation == OperationChoices()


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"backupWindow": "2:00-3:00"}, "backupWindow must be two times such as 02:00-02:30"),
        ({"backupWindow": "02:00-02:29"}, "is too short: a window has at least 30 minutes"),
        ({"backupWindow": "23:50-00:10"}, "is too short: a window has at least 30 minutes"),
        ({"maintenanceWindow": "03:00-04:00"}, "maintenanceWindow must be days and times such as sun:03:00-sun:04:00"),
        ({"maintenanceWindow": "sun:03:00-sun:03:10"}, "is too short: a window has at least 30 minutes"),
        ({"ecsExec": "true"}, "-c ecsExec=true is not known: ecsExec is one of on, off"),
        ({"rollbackAlarms": "yes"}, "-c rollbackAlarms=yes is not known: rollbackAlarms is one of on, off"),
    ],
)
def test_an_invalid_choice_is_refused_with_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(ChoiceError) as caught:
        Choices.of(context)
    assert sentence in str(caught.value)
