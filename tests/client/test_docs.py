"""The page of the client: its examples run against a whole system, and its tables are complete."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import longhand_client
from local import samples, site
from local.server_process import ROOT
from longhand_client import ClientError
from longhand_client.methods import Methods
from tests.docs.pages import page, section
from tests.warm_system import make_system
from tests.wheels import build_wheel, install_wheel

PAGE = page("client")
PROJECT = tomllib.loads((ROOT / "longhand_client" / "pyproject.toml").read_text())["project"]
# After the examples: which files they have imported of this project.
PRINT_PACKAGES = """
import contract, longhand_client
print(contract.__file__, longhand_client.__file__)
"""
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A running system, and the examples as a user of it runs them."""

    store: Path
    examples: list[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    content = samples.make_invoice()
    folder = tmp_path_factory.mktemp("system")
    file = folder / "invoice.pdf"
    file.write_bytes(content)
    with (
        site.serve_documents({file.name: content}) as website,
        make_system(folder / "system", os.environ, allowed_hosts=website.host) as system,
    ):
        real = {
            "http://127.0.0.1:8080": system.url,
            "http://127.0.0.1:8081/invoice.pdf": website.url(file.name),
            'Path("invoice.pdf")': f"Path({str(file)!r})",
        }
        shown = re.compile("|".join(map(re.escape, real)))
        yield Place(store=system.store, examples=[shown.sub(lambda one: real[one[0]], text) for text in EXAMPLES])


def test_the_blocking_example_prints_the_amount(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    exec(place.examples[0], {})  # noqa: S102 - our own page
    assert float(capsys.readouterr().out) > 0


def test_the_asynchronous_example_prints_each_event_once_and_in_order(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(place.examples[1], {})  # noqa: S102 - as above
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["accepted"]
    assert lines[-1].split() == ["ended"]
    started = [line.split()[1] for line in lines if line.startswith("step_started")]
    assert started == ["download", "extract", "analyze", "store", "notify"]
    assert any(line.startswith("message analyze ") for line in lines)


def test_the_examples_run_with_the_wheel_and_nothing_else_installed(place: Place, tmp_path: Path) -> None:
    """In an environment that has the wheel, what it declares, and no other code of this project."""
    extras = PROJECT["optional-dependencies"]["asynchronous"]
    wheel = build_wheel("longhand_client", tmp_path / "dist")
    python = install_wheel(wheel, [*PROJECT["dependencies"], *extras], tmp_path / "venv")
    run = subprocess.run(
        [python, "-I", "-c", f"{'\n'.join(place.examples)}{PRINT_PACKAGES}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    amount, *events, origins = run.stdout.splitlines()
    assert float(amount) > 0
    assert (events[0].split(), events[-1].split()) == (["accepted"], ["ended"])
    assert {Path(origin).parent.parent.name for origin in origins.split()} == {"site-packages"}
    assert all(Path(origin).is_relative_to(tmp_path) for origin in origins.split())


def test_the_events_of_a_small_job_are_in_the_object_of_its_progress(place: Place) -> None:
    """So they cost no request of their own. Both examples have one."""
    for folder in place.store.glob("jobs/*/progress"):
        assert [file.suffix for file in folder.rglob("*") if file.is_file()] == [".json"]


def test_the_tables_have_every_method_and_error() -> None:
    methods = {name for name in vars(Methods) if not name.startswith("_")}
    listed = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", section(PAGE, "Methods"), re.MULTILINE)))
    assert sorted(listed) == sorted(methods)
    errors = {
        name
        for name, value in vars(longhand_client).items()
        if isinstance(value, type) and issubclass(value, ClientError) and value is not ClientError
    }
    assert set(re.findall(r"^\| `(\w+)` \|", section(PAGE, "Errors"), re.MULTILINE)) == errors
