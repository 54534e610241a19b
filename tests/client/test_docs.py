"""The page of the client: its examples run against a whole system, and its tables are complete."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import longhand_client
from local import samples, site
from longhand_client import ClientError
from longhand_client.methods import Methods
from tests.docs.pages import page, section
from tests.warm_system import make_system

PAGE = page("client")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """A running system, and what the examples take as given."""
    content = samples.make_invoice()
    with (
        site.serve_documents({"invoice.pdf": content}) as website,
        make_system(tmp_path_factory.mktemp("system"), os.environ, allowed_hosts=website.host) as system,
    ):
        yield {"URL": system.url, "DOCUMENT": website.url("invoice.pdf"), "CONTENT": content, "STORE": system.store}


def test_the_blocking_example_prints_the_amount(names: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    exec(EXAMPLES[0], dict(names))  # noqa: S102 - our own page
    assert float(capsys.readouterr().out) > 0


def test_the_asynchronous_example_prints_each_event_once_and_in_order(
    names: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    exec(EXAMPLES[1], dict(names))  # noqa: S102 - as above
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["accepted"]
    assert lines[-1].split() == ["ended"]
    started = [line.split()[1] for line in lines if line.startswith("step_started")]
    assert started == ["download", "extract", "analyze", "store", "notify"]
    assert any(line.startswith("message analyze ") for line in lines)


def test_the_events_of_a_small_job_are_in_the_object_of_its_progress(names: dict[str, object]) -> None:
    """So they cost no request of their own. Both examples have one."""
    store = Path(str(names["STORE"]))
    for folder in store.glob("jobs/*/progress"):
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
