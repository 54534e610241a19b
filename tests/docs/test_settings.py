"""The page lists every variable that a program reads, with its default, and no other."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from keeper.settings import LaptopSettings
from keeper.settings import Settings as KeeperSettings
from lambdas.trigger.settings import Settings as TriggerSettings
from local.server_process import ROOT
from worker.settings import Settings as WorkerSettings

from .pages import first_cells, page, rows, section

OPERATE = page("operate")
READ_BY_BOTO3 = {"AWS_PROFILE"}
SERVER = {"RESONATE_URL": "http://server:8001"}
DATABASE = {
    "DB_HOST": "host",
    "DB_PORT": "5432",
    "DB_NAME": "x",
    "DB_SSLMODE": "require",
    "DB_SSLROOTCERT": "/x.pem",
    "DB_USER": "x",
}
# The required variables of each program. The test records which others it reads.
PROGRAMS: dict[str, tuple[Callable[[Mapping[str, str]], object], dict[str, str]]] = {
    "The worker": (WorkerSettings.from_env, {**SERVER, "STORE_URL": "file:///store", "NOTIFY_URL": "file:///outbox"}),
    "The trigger": (TriggerSettings.from_env, {**SERVER, "STORE_URL": "file:///store"}),
    "The keeper": (
        KeeperSettings.from_env,
        {**DATABASE, "DB_PASSWORD": "x", "METRICS_URL": "http://127.0.0.1:9090/metrics", "RETENTION_DAYS": "45"},
    ),
    "The keeper on a laptop": (LaptopSettings.from_env, {"SQLITE_FILE": "/server.db", "KEEPER_PORT": "8002"}),
}


class Environment(dict[str, str]):
    """Records which variables are read."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self.names_read = set[str]()

    def __getitem__(self, name: str) -> str:
        self.names_read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 the signature of dict
        self.names_read.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("heading", PROGRAMS)
def test_the_table_lists_what_the_program_reads(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    environment = Environment(needed)
    read(environment)
    assert set(first_cells(section(OPERATE, heading))) == environment.names_read


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_program_does_not_start_without_a_required_variable(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    assert {name for name, default in defaults(heading) if default == "required"} == needed.keys()
    for name in needed:
        with pytest.raises(ValueError, match=name):
            read({other: value for other, value in needed.items() if other != name})


@pytest.mark.parametrize("heading", PROGRAMS)
def test_a_default_equals_the_missing_variable(heading: str) -> None:
    read, needed = PROGRAMS[heading]
    defaults_here = [(name, default.strip("`")) for name, default in defaults(heading) if default.startswith("`")]
    assert defaults_here or heading in ("The trigger", "The keeper on a laptop")
    for name, default in defaults_here:
        if not default.startswith("WORKER_"):  # the value of another variable
            assert read({**needed, name: default}) == read(needed), name


def defaults(heading: str) -> list[tuple[str, str]]:
    return [(name.strip("`"), default) for name, default, _ in rows(section(OPERATE, heading))]


def test_the_table_of_the_command_lists_what_its_options_read() -> None:
    """As its source says: an option's `envvar`, and what is first_cells as ours."""
    read = set[str]()
    for file in (ROOT / "ops").rglob("*.py"):
        text = file.read_text()
        read |= set(re.findall(r'"(LONGHAND_[A-Z]+)"', text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.keyword) and node.arg == "envvar":
                value = ast.literal_eval(node.value)
                read |= {value} if isinstance(value, str) else set(value)
    assert set(first_cells(section(OPERATE, "The command"))) == read | READ_BY_BOTO3
