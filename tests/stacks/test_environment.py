"""A program reads every variable that it is given, and is given every one that it reads, but for some defaults."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from keeper.settings import Settings as KeeperSettings
from lambdas.trigger.settings import Settings as TriggerSettings
from worker.health import judged
from worker.settings import Settings as WorkerSettings

from .conftest import ROOT
from .synthesized import Json, Synthesized


class Read(Mapping[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.given[name]

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return name in self.given

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("nobody looks through a whole environment")

    def __len__(self) -> int:
        return len(self.given)


def test_the_recorder_sees_every_way_of_asking() -> None:
    env = Read({"A": "1"})
    assert (env["A"], env.get("B"), env.get("C", "3"), "D" in env) == ("1", None, "3", False)
    assert env.names == {"A", "B", "C", "D"}


def container(app: Synthesized, name: str) -> Json:
    found = [
        one for task in app.all("AWS::ECS::TaskDefinition") for one in task.properties["ContainerDefinitions"]
        if one["Name"] == name
    ]  # fmt: skip
    [only] = found
    assert isinstance(only, dict)
    return only


def given_to(app: Synthesized, name: str) -> dict[str, str]:
    """A container's variables; what CloudFormation fills in is filled in here."""
    body = container(app, name)
    variables = {one["Name"]: one["Value"] for one in body["Environment"]}
    secrets = {one["Name"]: "secret" for one in body.get("Secrets", ())}
    assert not variables.keys() & secrets.keys()
    return {name: filled(value) for name, value in (variables | secrets).items()}


def filled(value: object) -> str:
    if isinstance(value, str):
        return value
    text = str(value)
    if "s3://" in text:
        return "s3://bucket"
    return "arn:aws:sns:eu-central-1:123456789012:topic" if "JobEvents" in text else "filled"


def given_to_trigger(app: Synthesized) -> dict[str, str]:
    variables = app.one("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]
    return {name: filled(value) for name, value in variables.items()}


# Variables with a default that is right in the cloud as well, each with the reason why it is not set.
DEFAULTS = {
    "Trigger": set[str](),
    "Keeper": {
        "HISTORY_INTERVAL_SECONDS",  # an hour
        "GAUGES_INTERVAL_SECONDS",  # a minute, which the alarms count on
    },
    "Worker": {
        "ALLOWED_HOSTS",  # private hosts are not documents' sources
        "MAX_WORK_SECONDS",  # a day
        "ANALYZER",  # the one that needs no provider
        "DOCUMENT_TYPES",
        "LLM_API_KEY",
        "LLM_BASE_URL",
        "OCR_ENGINE",  # what the image has models for
        "TESSDATA_PREFIX",
        "WORKER_ENDINGS_SECONDS",  # a minute
    },
}
# Read by a library and not by our settings.
OTHERS = {"Worker": {"AWS_REGION"}, "Trigger": set[str](), "Keeper": set[str]()}


def read_by_trigger(app: Synthesized) -> tuple[set[str], set[str]]:
    env = Read(given_to_trigger(app))
    TriggerSettings.from_env(env)
    return set(env.given), env.names


def read_by_worker(app: Synthesized) -> tuple[set[str], set[str]]:
    env = Read(given_to(app, "Worker"))
    WorkerSettings.from_env(env)
    return set(env.given), env.names


def read_by_keeper(app: Synthesized) -> tuple[set[str], set[str]]:
    env = Read(given_to(app, "Keeper"))
    KeeperSettings.from_env(env)
    return set(env.given), env.names


@pytest.mark.parametrize(
    ("name", "program"), [("Trigger", read_by_trigger), ("Worker", read_by_worker), ("Keeper", read_by_keeper)]
)
def test_what_is_given_is_read_and_what_is_read_is_given(
    either: Synthesized, name: str, program: Callable[[Synthesized], tuple[set[str], set[str]]]
) -> None:
    given, read = program(either)
    assert given - OTHERS[name] - read == set(), "given and never read"
    assert read - given == DEFAULTS[name], "read and not given"


def test_the_health_check_finds_the_workers_port(small: Synthesized) -> None:
    env = Read(given_to(small, "Worker"))
    assert "nothing answers on port 8080" in str(judged(env, []))  # it asked there
    assert env.names == {"WORKER_HEALTH_PORT"}


def test_the_servers_entry_point_gets_every_variable_that_it_reads(either: Synthesized) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    [names] = re.findall(r"^given='([^']*)'$", text, re.MULTILINE)
    ours = {name for name in given_to(either, "Server") if not name.startswith("RESONATE_")}
    assert ours == set(names.split())


def test_what_the_entry_point_sets_is_not_set_by_the_task(either: Synthesized) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    exported = set(re.findall(r"^export (RESONATE_\w+)=", text, re.MULTILINE))
    assert exported
    assert not exported & given_to(either, "Server").keys()


def test_no_secret_is_written_into_a_template(either: Synthesized) -> None:
    for template in either.templates.values():
        text = str(template)
        assert "BEGIN PRIVATE" not in text
        assert base64.b64encode(b'{"alg"').decode()[:8] not in text  # how a token begins
    token = either.one("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]["RESONATE_TOKEN"]
    meant = either.meant("Api", token)
    version = "<Server/Keys/Made/Default.TokenVersion.Trigger>"
    assert meant == f"{{{{resolve:secretsmanager:<Server/Keys/TriggerToken>:SecretString:::{version}}}}}"
