"""A file in the inbox becomes one job for each of its versions, and nothing else becomes one."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from contract.inbox import InboxFile
from contract.names import Tag
from durable.wire.client import Client
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch
from lambdas.trigger.inbox import Refusal, accept_file, make_job
from lambdas.trigger.inbox_handler import accept_message, read_files
from lambdas.trigger.settings import Settings
from local.inbox_watcher import InboxWatcher
from local.server_process import ServerProcess, free_port

from .conftest import make_ports

FILE = InboxFile(key="inbox/invoice/2026/March 1.pdf", version="v1")


def find_jobs(client: Client) -> list[Promise]:
    return list(client.search_all(PromiseSearch(tags={Tag.REQUESTER.value: "inbox"})))


def announce(*keys: str, version: str = "v1") -> str:
    """Return what S3 sends to the queue."""
    return json.dumps({"Records": [{"s3": {"object": {"key": key, "size": 9, "versionId": version}}} for key in keys]})


def test_a_file_becomes_one_job_however_often_it_is_announced(client: Client, folder: Path) -> None:
    ports = make_ports(client, folder.as_uri())
    assert accept_message(ports, announce("inbox/invoice/2026/March+1.pdf")) is True
    assert accept_file(ports, FILE) is None
    [job] = find_jobs(client)
    assert job.id.startswith("doc/inbox-March-1-")
    assert job.tags[Tag.TYPE] == "invoice"
    own = make_job(FILE)
    assert job.param.decode()["args"] == [own.to_dict()]
    assert own.source == "inbox://v1/inbox/invoice/2026/March 1.pdf"
    assert InboxFile.parse(own.source) == FILE
    accept_message(ports, announce("inbox/invoice/2026/March+1.pdf", version="v2"))
    assert len(find_jobs(client)) == 2


@pytest.mark.parametrize(
    ("key", "refusal"),
    [
        ("inbox/invoice/", Refusal.NO_FILE),
        ("inbox/", Refusal.NO_FILE),
        ("inbox/invoice/.DS_Store", Refusal.NO_FILE),
        ("inbox/a.pdf", Refusal.NO_TYPE),
        ("uploads/a-1/document", Refusal.NO_TYPE),
        ("inbox/unknown/a.pdf", Refusal.UNKNOWN_TYPE),
        ("inbox/In Voice/a.pdf", Refusal.UNKNOWN_TYPE),
        ("inbox//a.pdf", Refusal.UNKNOWN_TYPE),
    ],
)
def test_what_is_no_file_of_a_type_is_refused_for_good(
    client: Client, folder: Path, key: str, refusal: Refusal
) -> None:
    ports = make_ports(client, folder.as_uri())
    assert accept_file(ports, InboxFile(key=key, version="v1")) is refusal
    assert accept_message(ports, announce(key)) is True  # it is not announced again
    assert find_jobs(client) == []


def test_s3s_own_test_announces_no_file() -> None:
    assert list(read_files({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})) == []


def test_while_the_server_is_away_the_message_is_kept(folder: Path) -> None:
    with Client(f"http://127.0.0.1:{free_port()}") as client:
        assert accept_message(make_ports(client, folder.as_uri()), announce(FILE.key)) is False


type Open = Callable[..., InboxWatcher]


@pytest.fixture
def open_watcher(running: ServerProcess, folder: Path) -> Iterator[Open]:
    """Open watchers of the store's folder, on the running server or on another one."""
    with ExitStack() as stack:

        def begin(url: str = running.url) -> InboxWatcher:
            settings = Settings.from_env({"RESONATE_URL": url, "STORE_URL": folder.as_uri()})
            log = Logger(service="inbox-test", level="CRITICAL")
            return stack.enter_context(closing(InboxWatcher(settings, folder, log)))

        yield begin


def write(folder: Path, name: str, content: bytes) -> Path:
    file = folder / "inbox" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def look(watcher: InboxWatcher, times: int = 2) -> None:
    for _ in range(times):
        watcher.look()


def test_a_file_on_a_laptop_becomes_a_job_once_it_is_complete(open_watcher: Open, client: Client, folder: Path) -> None:
    watcher = open_watcher()
    file = write(folder, "invoice/a.pdf", b"%PDF")
    look(watcher, 1)
    file.write_bytes(b"%PDF and more")  # it is still being written
    look(watcher, 1)
    assert find_jobs(client) == []
    look(watcher)
    [job] = find_jobs(client)
    look(open_watcher())  # also after a restart
    assert [one.id for one in find_jobs(client)] == [job.id]
    file.write_bytes(b"%PDF of another month")
    look(watcher)
    assert len(find_jobs(client)) == 2


def test_each_type_has_a_folder_and_other_files_harm_nothing(open_watcher: Open, client: Client, folder: Path) -> None:
    watcher = open_watcher()
    assert {one.name for one in (folder / "inbox").iterdir()} == {"invoice", "contract", "report", "receipt"}
    write(folder, "invoice/empty.pdf", b"")
    write(folder, "unknown/a.pdf", b"%PDF")
    write(folder, "invoice/.partial", b"%PDF")
    look(watcher, 3)
    assert [one.id.rpartition("-")[0] for one in find_jobs(client)] == ["doc/inbox-empty"]  # it fails, and says so


def test_a_file_waits_for_a_server_that_is_away(open_watcher: Open, client: Client, folder: Path) -> None:
    write(folder, "invoice/a.pdf", b"%PDF")
    look(open_watcher(f"http://127.0.0.1:{free_port()}"), 3)
    look(open_watcher())
    assert len(find_jobs(client)) == 1
