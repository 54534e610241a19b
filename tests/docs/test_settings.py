"""The page names every variable that a program reads, with the default that it has, and no other."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from keeper.settings import Settings as KeeperSettings
from lambdas.trigger.settings import Settings as TriggerSettings
from local.server_process import ROOT
from worker.settings import Settings as WorkerSettings

from .pages import named, page, rows, section

OPERATE = page("operate")
READ_BY_BOTO3 = {"AWS_PROFILE"}
ENGINE = {"RESONATE_URL": "http://server:8001"}
DATABASE = {"DB_HOST": "host", "DB_PORT": "5432", "DB_NAME": "x", "DB_SSLMODE": "require", "DB_USER": "x"}
# What each must be told. What it reads beside that is for it to show.
PROGRAMS: dict[str, tuple[Callable[[Mapping[str, str]], object], dict[str, str]]] = {
    "The worker": (WorkerSettings.from_env, {**ENGINE, "STORE_URL": "file:///store", "NOTIFY_URL": "file:///outbox"}),
    "The trigger": (TriggerSettings.from_env, {**ENGINE, "STORE_URL": "file:///store"}),
    "The keeper": (
        KeeperSettings.from_env,
        {**DATABASE, "DB_PASSWORD": "x", "METRICS_URL": "http://127.0.0.1:9090/metrics", "RETENTION_DAYS": "45"},
    ),
}


class Environment(dict[str, str]):
    """It notes what is asked of it."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.asked = set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 as dict has it
        self.asked.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("heading", PROGRAMS)
def test_the_table_of_a_program_has_what_it_reads(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    environment = Environment(needed)
    read(environment)
    assert set(named(section(OPERATE, heading))) == environment.asked


@pytest.mark.parametrize("heading", PROGRAMS)
def test_what_is_required_is_what_it_does_not_start_without(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    assert {name for name, default in defaults(heading) if default == "required"} == needed.keys()
    for name in needed:
        with pytest.raises(ValueError, match=name):
            read({other: value for other, value in needed.items() if other != name})


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_default_is_what_it_is_without_the_variable(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    named_ones = [(name, default.strip("`")) for name, default in defaults(heading) if default.startswith("`")]
    assert named_ones or heading == "The trigger"
    for name, default in named_ones:
        if not default.startswith("WORKER_"):  # another variable's
            assert read({**needed, name: default}) == read(needed), name


def defaults(heading: str) -> list[tuple[str, str]]:
    return [(name.strip("`"), default) for name, default, _ in rows(section(OPERATE, heading))]


def test_the_table_of_the_command_has_what_its_options_read() -> None:
    """As its source says: an option's `envvar`, and what is named as ours."""
    read = set[str]()
    for file in (ROOT / "ops").rglob("*.py"):
        text = file.read_text()
        read |= set(re.findall(r'"(LONGHAND_[A-Z]+)"', text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.keyword) and node.arg == "envvar":
                value = ast.literal_eval(node.value)
                read |= {value} if isinstance(value, str) else set(value)
    assert set(named(section(OPERATE, "The command"))) == read | READ_BY_BOTO3
