"""The folder that a system writes to: its content may be deleted, so it must be ours."""

import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from local.state import MARK, empty_folder, lock_folder
from tests import warm_start
from tests.waiting import TIMEOUT_SECONDS

REFUSAL_SENTENCE = "serve: {} holds other files: name an empty folder with --state"


def write_files(folder: Path, *names: str) -> dict[str, bytes]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} of another program")
    return read_files(folder)


def read_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("words", [("serve",), ("serve", "--fresh"), ("demo",)])
def test_a_folder_with_other_files_is_refused_and_unchanged(tmp_path: Path, words: tuple[str, ...]) -> None:
    program, place = words[0], tmp_path / "demo" if "demo" in words else tmp_path
    before = write_files(place, "tmp/a", "store/incoming/b", "notes")
    command = [sys.executable, "-m", f"local.{program}", *words[1:], "--state", str(tmp_path)]
    done = warm_start.run(command, cwd=ROOT, capture_output=True, timeout=TIMEOUT_SECONDS)
    assert done.returncode == 1
    assert done.stderr == f"{program}: {place} holds other files: name an empty folder with --state\n"
    assert read_files(place) == before


@pytest.mark.parametrize("name", ["tmp/a", "store/incoming/a", ".git/config", "server/main.c"])
def test_one_foreign_file_is_enough_also_at_a_path_that_we_write(tmp_path: Path, name: str) -> None:
    before = write_files(tmp_path, name)
    with pytest.raises(SystemExit, match=f"^{REFUSAL_SENTENCE.format(tmp_path)}$"):
        lock_folder(tmp_path, "serve")
    assert read_files(tmp_path) == before


def test_a_marked_folder_stays_ours_whatever_is_added(tmp_path: Path) -> None:
    lock_folder(tmp_path / "new", "serve").close()
    write_files(tmp_path / "new", "inbox/a.pdf", "notes")
    lock_folder(tmp_path / "new", "serve").close()


def test_an_emptied_folder_stays_locked_and_linked_folders_are_kept(tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "state"
    before = write_files(kept, "a")
    with lock_folder(place, "serve"):
        write_files(place, "store/jobs/a/result.json", "worker.log")
        (place / "linked").symlink_to(kept)
        empty_folder(place)
        assert [path.name for path in place.iterdir()] == [MARK]
        with pytest.raises(SystemExit, match=f"^serve: another serve uses {place}: stop it"):
            lock_folder(place, "serve")
    assert read_files(kept) == before


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("foreign")
    with pytest.raises(SystemExit, match=r"^demo: .*/demo cannot be used \(File exists\): choose another folder"):
        lock_folder(tmp_path / "demo", "demo")
