"""A program reads every variable that it is given, and is given every one that it reads, but for some defaults."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from contract.job import DocumentType
from keeper.settings import Settings as KeeperSettings
from lambdas.trigger.settings import Settings as TriggerSettings
from tests.documents.tessdata import needs_tesseract
from tests.images.dockerfile import Workdir, read
from worker.adapters.object_store import Store
from worker.analysis.schema import read_schemas
from worker.health import judged
from worker.settings import Settings as WorkerSettings

from .conftest import MODEL, OPEN, PROFILE_OF_EUROPE, PROVIDER_KEY, ROOT, Synth, image_context
from .synthesized_app import Json, SynthesizedApp


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


def container(app: SynthesizedApp, name: str) -> Json:
    found = [
        one for task in app.all("AWS::ECS::TaskDefinition") for one in task.properties["ContainerDefinitions"]
        if one["Name"] == name
    ]  # fmt: skip
    [only] = found
    assert isinstance(only, dict)
    return only


def given_to(app: SynthesizedApp, name: str) -> dict[str, str]:
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


def given_to_trigger(app: SynthesizedApp) -> dict[str, str]:
    variables = app.one("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]
    return {name: filled(value) for name, value in variables.items()}


# Variables with a default that is right in the cloud as well, each with the reason why it is not set.
DEFAULTS = {
    "Trigger": {
        "KNOWN_TYPES",  # those that are always there
    },
    "Keeper": {
        "HISTORY_INTERVAL_SECONDS",  # an hour
        "GAUGES_INTERVAL_SECONDS",  # a minute, which the alarms count on
    },
    "Worker": {
        "ALLOWED_HOSTS",  # private hosts are not documents' sources
        "MAX_WORK_SECONDS",  # a day
        "DOCUMENT_TYPES",
        "LLM_API_KEY",
        "LLM_BASE_URL",
        "LLM_PRICES",  # of the models that are known
        "TESSDATA_PREFIX",  # where Debian has it
        "WORKER_ENDINGS_SECONDS",  # a minute
    },
}
# Read by a library and not by our settings.
OTHERS = {"Worker": {"AWS_REGION", "AWS_DEFAULT_REGION"}, "Trigger": set[str](), "Keeper": set[str]()}


def read_by_trigger(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = Read(given_to_trigger(app))
    TriggerSettings.from_env(env)
    return set(env.given), env.names


def read_by_worker(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = Read(given_to(app, "Worker"))
    WorkerSettings.from_env(env)
    return set(env.given), env.names


def read_by_keeper(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = Read(given_to(app, "Keeper"))
    KeeperSettings.from_env(env)
    return set(env.given), env.names


@pytest.mark.parametrize(
    ("name", "program"), [("Trigger", read_by_trigger), ("Worker", read_by_worker), ("Keeper", read_by_keeper)]
)
def test_what_is_given_is_read_and_what_is_read_is_given(
    either: SynthesizedApp, name: str, program: Callable[[SynthesizedApp], tuple[set[str], set[str]]]
) -> None:
    given, read = program(either)
    assert given - OTHERS[name] - read == set(), "given and never read"
    assert read - given == DEFAULTS[name], "read and not given"


@pytest.fixture
def in_a_task(monkeypatch: pytest.MonkeyPatch, small: SynthesizedApp) -> None:
    """Have boto3 find the region that the task is told, and credentials as every task has some."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    told = {name: value for name, value in given_to(small, "Worker").items() if name.startswith("AWS_")}
    for name, value in (told | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}).items():
        monkeypatch.setenv(name, value)


@needs_tesseract  # one of them reads with it
@pytest.mark.usefixtures("in_a_task")
@pytest.mark.parametrize("choices", [OPEN, MODEL], ids=["bedrock", "openai"])
def test_what_only_some_choices_give_is_read_as_well(synth: Synth, choices: tuple[str, ...]) -> None:
    for name, program in (("Trigger", read_by_trigger), ("Worker", read_by_worker)):
        given, read = program(synth(*choices))
        assert given - OTHERS[name] - read == set(), "given and never read"
        assert read - given <= DEFAULTS[name], "read and not given"


@needs_tesseract
@pytest.mark.usefixtures("in_a_task")
def test_the_worker_opens_the_analyzer_that_was_chosen(synth: Synth, tmp_path: Path) -> None:
    store = Store.open(tmp_path.as_uri())
    of_bedrock, of_openai = (
        WorkerSettings.from_env(given_to(synth(*choices), "Worker")).analyzer for choices in (OPEN, MODEL)
    )
    assert of_bedrock.name == f"bedrock:{PROFILE_OF_EUROPE}"
    assert (of_openai.name, of_openai.base_url) == ("openai:some-model", "https://gateway.example/v1")
    assert of_openai.api_key == "secret"
    for chosen in (of_bedrock, of_openai):
        assert "Model" in type(replace(chosen, types=None).open(store)).__name__


def test_what_a_model_costs_is_what_was_said(synth: Synth) -> None:
    assert given_to(synth(*OPEN), "Worker")["LLM_PRICES"] == "3,15"


def test_a_providers_key_is_a_reference_to_the_users_own_secret(synth: Synth) -> None:
    [key] = [one for one in container(synth(*MODEL), "Worker")["Secrets"] if one["Name"] == "LLM_API_KEY"]
    assert key["ValueFrom"] == PROVIDER_KEY


def test_types_of_the_users_own_are_in_the_image_and_known_to_the_api(synth: Synth) -> None:
    """The worker reads the files as they lie in its image, the trigger their names."""
    app = synth(*OPEN)
    place = given_to(app, "Worker")["DOCUMENT_TYPES"]
    [workdir] = {
        stage.all_of(Workdir)[-1].path for stage in read(ROOT / "worker" / "Dockerfile") if stage.all_of(Workdir)
    }
    folder = image_context(app, "worker") / place.removeprefix(f"{workdir}/")
    assert {"purchase-order", "reminder", "invoice"} <= read_schemas(folder).keys()
    assert all(file.stat().st_mode & 0o004 for file in folder.iterdir())  # the image's user did not write them
    types = TriggerSettings.from_env(given_to_trigger(app)).types
    assert {*types} == {"purchase-order", "reminder", *DocumentType}


def test_the_health_check_finds_the_workers_port(small: SynthesizedApp) -> None:
    env = Read(given_to(small, "Worker"))
    assert "nothing answers on port 8080" in str(judged(env, []))  # it asked there
    assert env.names == {"WORKER_HEALTH_PORT"}


def test_the_servers_entry_point_gets_every_variable_that_it_reads(either: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    [names] = re.findall(r"^given='([^']*)'$", text, re.MULTILINE)
    ours = {name for name in given_to(either, "Server") if not name.startswith("RESONATE_")}
    assert ours == set(names.split())


def test_what_the_entry_point_sets_is_not_set_by_the_task(either: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    exported = set(re.findall(r"^export (RESONATE_\w+)=", text, re.MULTILINE))
    assert exported
    assert not exported & given_to(either, "Server").keys()


def test_no_secret_is_written_into_a_template(either: SynthesizedApp) -> None:
    for template in either.templates.values():
        text = str(template)
        assert "BEGIN PRIVATE" not in text
        assert base64.b64encode(b'{"alg"').decode()[:8] not in text  # how a token begins
    token = either.one("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]["RESONATE_TOKEN"]
    meant = either.meant("Api", token)
    version = "<Server/Keys/Made/Default.TokenVersion.Trigger>"
    assert meant == f"{{{{resolve:secretsmanager:<Server/Keys/TriggerToken>:SecretString:::{version}}}}}"
