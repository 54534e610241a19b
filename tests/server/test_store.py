"""The data folder: one process at a time, and no damaged, foreign or newer file."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from durable.embedded.store import LAYOUT, TABLES, Store, UnusableError
from local.server_process import ROOT, EmbeddedProgram
from tests import warm_start
from tests.conftest import StartServer
from tests.waiting import TIMEOUT_SECONDS

DATABASE = "server.db"


def start_and_fail(folder: Path) -> str:
    """Start the server on the folder and return its error message of one line."""
    command = [sys.executable, "-m", "durable.embedded", "--port", "0", "--data", str(folder)]
    run = warm_start.run(command, cwd=ROOT, capture_output=True, timeout=TIMEOUT_SECONDS)
    assert run.returncode == 1
    assert run.stdout == ""
    [line] = run.stderr.splitlines()
    return line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that a server has used."""
    Store(tmp_path).close()
    return tmp_path


def test_a_second_process_on_the_same_folder_is_refused(start_server: StartServer, tmp_path: Path) -> None:
    first = start_server(EmbeddedProgram(), folder=tmp_path)
    sentence = start_and_fail(tmp_path)
    assert f"another server (process {first.process.pid}) is using {tmp_path}" in sentence
    assert "--data" in sentence
    first.wait_until_ready()


def test_a_folder_is_usable_again_after_a_kill(start_server: StartServer, tmp_path: Path) -> None:
    start_server(EmbeddedProgram(), folder=tmp_path).kill()
    start_server(EmbeddedProgram(), folder=tmp_path)


def test_a_newer_database_is_refused(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute(f"PRAGMA user_version={LAYOUT + 1}")
    assert f"newer version of this server (layout {LAYOUT + 1}" in start_and_fail(folder)


def test_a_reset_names_every_table(store: Store) -> None:
    tables = store.sql("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    assert sorted(TABLES) == sorted(name for (name,) in tables)


def test_an_older_database_is_migrated(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.executescript("DROP TABLE untagged; PRAGMA user_version=1;")
    for _ in range(2):
        with closing(Store(folder)) as store:
            assert store.sql("SELECT count(*) FROM untagged").fetchone() == (0,)
            assert store.sql("PRAGMA user_version").fetchone() == (LAYOUT,)


def test_another_programs_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.execute("CREATE TABLE recipes (id)")
    before = (tmp_path / DATABASE).read_bytes()
    assert "another program's database" in start_and_fail(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == before


def fill(folder: Path) -> None:
    """Make the database a few hundred pages big."""
    with closing(Store(folder)) as store, store.transaction():
        for n in range(2_000):
            store.sql("INSERT INTO listeners (id, address) VALUES (?, ?)", (f"{n}", "x" * 200))


@pytest.mark.parametrize("damage", ["no header", "a page of zeros", "cut in half", "garbage in the middle"])
def test_a_damaged_database_is_refused(folder: Path, damage: str) -> None:
    fill(folder)
    path = folder / DATABASE
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(
        {
            "no header": b"not a database at all" + good[21:],
            "a page of zeros": good[:4096] + bytes(4096) + good[8192:],
            "cut in half": good[:middle],
            "garbage in the middle": good[:middle] + b"\xff" * 8192 + good[middle + 8192 :],
        }[damage]
    )
    sentence = start_and_fail(folder)
    assert f"{path} is damaged" in sentence
    assert "restore the folder from a copy" in sentence


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be used" in start_and_fail(tmp_path / "file" / "folder")


def test_a_transaction_that_raises_is_rolled_back(store: Store) -> None:
    def insert_twice() -> None:
        with store.transaction():
            for _ in range(2):
                store.sql("INSERT INTO listeners (id, address) VALUES ('a', 'b')")

    with pytest.raises(sqlite3.IntegrityError):
        insert_twice()
    assert store.sql("SELECT count(*) FROM listeners").fetchone() == (0,)


def test_committed_changes_survive_reopening_the_folder(tmp_path: Path) -> None:
    fill(tmp_path)
    with closing(Store(tmp_path)) as store:
        assert store.sql("SELECT count(*) FROM listeners").fetchone() == (2_000,)


def test_a_locked_folder_is_reported_by_an_unusable_error(folder: Path) -> None:
    with closing(Store(folder)), pytest.raises(UnusableError, match="choose another folder"):
        Store(folder)
