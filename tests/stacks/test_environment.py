"""Each program reads every variable that it gets, and gets every variable that it reads, except for listed defaults."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from contract.job import DocumentType
from keeper.settings import Settings as KeeperSettings
from lambdas.functions.settings import Settings as FunctionsSettings
from lambdas.trigger.settings import Settings as TriggerSettings
from tests.documents.tessdata import needs_tesseract
from tests.images.dockerfile import Workdir, read_stages
from worker.adapters.object_store import Store
from worker.analysis.schema import read_schemas
from worker.health import find_problem
from worker.settings import Settings as WorkerSettings

from .conftest import OPEN_API, OPENAI_MODEL, PROFILE_OF_EUROPE, PROVIDER_KEY, ROOT, Synth, image_context
from .environments import container_environment, find_container, function_environment, trigger_environment
from .synthesized_app import SynthesizedApp


class RecordingEnvironment(Mapping[str, str]):
    """An environment that records the names that are read."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self.variables[name]

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return name in self.variables

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a program must not iterate over its environment")

    def __len__(self) -> int:
        return len(self.variables)


def test_the_recording_environment_sees_every_way_to_read() -> None:
    env = RecordingEnvironment({"A": "1"})
    assert (env["A"], env.get("B"), env.get("C", "3"), "D" in env) == ("1", None, "3", False)
    assert env.names == {"A", "B", "C", "D"}


# Variables that are not set because their default is right on AWS.
DEFAULTS = {
    "Trigger": {
        "KNOWN_TYPES",  # the built-in types
        "CELLS",  # one server
        "MAX_OPEN_JOBS",  # no quota
        "MAX_HOURLY_JOBS",
        "MAX_WAIT_SECONDS",  # no request is held
        "ADMIN_GROUP",  # none
    },
    "Inbox": {
        "KNOWN_TYPES",
        "MAX_OPEN_JOBS",  # one requester has all files
        "CELLS",
        "MAX_HOURLY_JOBS",
        "MAX_WAIT_SECONDS",  # it answers no request
        "ADMIN_GROUP",  # it has no callers
        "KEEPER_URL",  # it lists nothing
        "UPLOADS_URL",  # it gives out no address
        "MAX_DOCUMENT_MEGABYTES",
        "FUNCTIONS",  # it invokes none
        "DECISION_KEY",  # it takes no decision
    },
    "Functions": {
        "FUNCTION_MODULES",  # this project's functions
        "RESONATE_FUNCTION_URL",  # the group that the workers invoke it for
    },
    "Keeper": {
        "HISTORY_INTERVAL_SECONDS",  # an hour
        "GAUGES_INTERVAL_SECONDS",  # a minute, which the alarms rely on
    },
    "Worker": {
        "AWS_ENDPOINT_URL_LAMBDA",  # that of AWS
        "ALLOWED_HOSTS",  # documents from private hosts are refused
        "MAX_WORK_SECONDS",  # a day
        "PUBLIC_URL",  # links to decisions are paths
        "DOCUMENT_TYPES",
        "LLM_API_KEY",
        "LLM_BASE_URL",
        "LLM_STREAM",  # off
        "LLM_PRICES",  # of the models in the worker's list
        "TESSDATA_PREFIX",  # Debian's folder
        "WORKER_ENDINGS_SECONDS",  # a minute
        "CELLS",
    },
}
# Variables that a library reads, and not our settings.
OTHERS: dict[str, set[str]] = {
    "Worker": {"AWS_REGION", "AWS_DEFAULT_REGION"},
    "Trigger": set(),
    "Inbox": set(),
    "Functions": set(),
    "Keeper": set(),
}


def read_trigger_settings(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = RecordingEnvironment(trigger_environment(app))
    TriggerSettings.from_env(env)
    return set(env.variables), env.names


def read_inbox_settings(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = RecordingEnvironment(function_environment(app, "Inbox"))
    TriggerSettings.from_env(env)
    return set(env.variables), env.names


def read_functions_settings(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = RecordingEnvironment(function_environment(app, "Functions/"))
    FunctionsSettings.from_env(env)
    return set(env.variables), env.names


def read_worker_settings(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = RecordingEnvironment(container_environment(app, "Worker"))
    WorkerSettings.from_env(env)
    return set(env.variables), env.names


def read_keeper_settings(app: SynthesizedApp) -> tuple[set[str], set[str]]:
    env = RecordingEnvironment(container_environment(app, "Keeper"))
    KeeperSettings.from_env(env)
    return set(env.variables), env.names


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("Trigger", read_trigger_settings),
        ("Inbox", read_inbox_settings),
        ("Functions", read_functions_settings),
        ("Worker", read_worker_settings),
        ("Keeper", read_keeper_settings),
    ],
)
def test_a_program_reads_what_it_gets_and_gets_what_it_reads(
    app: SynthesizedApp, name: str, program: Callable[[SynthesizedApp], tuple[set[str], set[str]]]
) -> None:
    provided, read = program(app)
    assert provided - OTHERS[name] - read == set(), "set, but never read"
    assert read - provided == DEFAULTS[name], "read, but not set"


@pytest.fixture
def task_credentials(monkeypatch: pytest.MonkeyPatch, small: SynthesizedApp) -> None:
    """Let boto3 find the region of the task, and credentials as in every task."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    region = {name: value for name, value in container_environment(small, "Worker").items() if name.startswith("AWS_")}
    for name, value in (region | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}).items():
        monkeypatch.setenv(name, value)


@needs_tesseract  # one set of choices has it
@pytest.mark.usefixtures("task_credentials")
@pytest.mark.parametrize("choices", [OPEN_API, OPENAI_MODEL], ids=["bedrock", "openai"])
def test_variables_of_single_choices_are_read_too(synth: Synth, choices: tuple[str, ...]) -> None:
    for name, program in (("Trigger", read_trigger_settings), ("Worker", read_worker_settings)):
        provided, read = program(synth(*choices))
        assert provided - OTHERS[name] - read == set(), "set, but never read"
        assert read - provided <= DEFAULTS[name], "read, but not set"


@needs_tesseract
@pytest.mark.usefixtures("task_credentials")
def test_the_worker_opens_the_analyzer_that_was_chosen(synth: Synth, tmp_path: Path) -> None:
    store = Store.open(tmp_path.as_uri())
    of_bedrock, of_openai = (
        WorkerSettings.from_env(container_environment(synth(*choices), "Worker")).analyzer
        for choices in (OPEN_API, OPENAI_MODEL)
    )
    assert of_bedrock.name == f"bedrock:{PROFILE_OF_EUROPE}"
    assert (of_openai.name, of_openai.base_url) == ("openai:some-model", "https://gateway.example/v1")
    assert of_openai.api_key == "secret"
    for chosen in (of_bedrock, of_openai):
        assert "Model" in type(replace(chosen, types=None).open(store)).__name__


def test_the_worker_gets_the_chosen_prices(synth: Synth) -> None:
    assert container_environment(synth(*OPEN_API), "Worker")["LLM_PRICES"] == "3,15"


def test_a_providers_key_is_a_reference_to_the_operators_secret(synth: Synth) -> None:
    [key] = [one for one in find_container(synth(*OPENAI_MODEL), "Worker")["Secrets"] if one["Name"] == "LLM_API_KEY"]
    assert key["ValueFrom"] == PROVIDER_KEY


def test_custom_types_are_in_the_image_and_known_to_the_api(synth: Synth) -> None:
    """The worker reads the files in its image, the trigger their names."""
    app = synth(*OPEN_API)
    path = container_environment(app, "Worker")["DOCUMENT_TYPES"]
    stages = read_stages(ROOT / "worker" / "Dockerfile")
    [workdir] = {step.path for stage in stages for step in stage.steps_of(Workdir)[-1:]}
    folder = image_context(app, "worker/Dockerfile") / path.removeprefix(f"{workdir}/")
    assert {"purchase-order", "reminder", "invoice"} <= read_schemas(folder).keys()
    assert all(file.stat().st_mode & 0o004 for file in folder.iterdir())  # the image's user does not own them
    types = TriggerSettings.from_env(trigger_environment(app)).types
    assert {*types} == {"purchase-order", "reminder", *DocumentType}


def test_the_health_check_finds_the_workers_port(small: SynthesizedApp) -> None:
    env = RecordingEnvironment(container_environment(small, "Worker"))
    assert "nothing answers on port 8080" in str(find_problem(env, []))  # the configured port
    assert env.names == {"WORKER_HEALTH_PORT"}


def test_the_entry_script_gets_every_variable_that_it_reads(app: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    [names] = re.findall(r"^required='([^']*)'$", text, re.MULTILINE)
    ours = {name for name in container_environment(app, "Server") if not name.startswith("RESONATE_")}
    assert ours == set(names.split())


def test_the_task_sets_no_variable_that_the_entry_script_sets(app: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    exported = set(re.findall(r"^export (RESONATE_\w+)=", text, re.MULTILINE))
    assert exported
    assert not exported & container_environment(app, "Server").keys()


def test_no_secret_is_written_into_a_template(app: SynthesizedApp) -> None:
    for template in app.templates.values():
        text = str(template)
        assert "BEGIN PRIVATE" not in text
        assert base64.b64encode(b'{"alg"').decode()[:8] not in text  # the start of every token
    for path, client in (("Trigger", "Trigger"), ("Functions/", "Functions")):
        function = app.find("AWS::Lambda::Function", path)
        reference = app.resolve(function.stack, function.properties["Environment"]["Variables"]["RESONATE_TOKEN"])
        version = f"<Server/Keys/CustomResource/Default.TokenVersion.{client}>"
        assert reference == f"{{{{resolve:secretsmanager:<Server/Keys/{client}Token>:SecretString:::{version}}}}}"
