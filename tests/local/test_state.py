"""The folder that a system writes to: what is in it may be cleared away, so it must be ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from local.state import MARK, empty_folder, lock_folder

REFUSED = "serve: {} holds other files: name an empty folder with --state"


def filled(folder: Path, *names: str) -> dict[str, bytes]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} of somebody")
    return files(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("words", [("serve",), ("serve", "--fresh"), ("demo",)])
def test_a_folder_with_somebodys_files_is_refused_and_all_of_them_are_still_there(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    program, place = words[0], tmp_path / "demo" if "demo" in words else tmp_path
    before = filled(place, "tmp/a", "store/incoming/b", "notes")
    command = [sys.executable, "-m", f"local.{program}", *words[1:], "--state", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr == f"{program}: {place} holds other files: name an empty folder with --state\n"
    assert files(place) == before


@pytest.mark.parametrize("name", ["tmp/a", "store/incoming/a", ".git/config", "server/main.c"])
def test_one_file_is_enough_also_where_we_would_have_written_ourselves(tmp_path: Path, name: str) -> None:
    before = filled(tmp_path, name)
    with pytest.raises(SystemExit, match=f"^{REFUSED.format(tmp_path)}$"):
        lock_folder(tmp_path, "serve")
    assert files(tmp_path) == before


def test_a_folder_of_ours_stays_ours_whatever_is_put_into_it(tmp_path: Path) -> None:
    lock_folder(tmp_path / "new", "serve").close()
    filled(tmp_path / "new", "inbox/a.pdf", "notes")
    lock_folder(tmp_path / "new", "serve").close()


def test_made_fresh_it_is_still_held_and_what_was_linked_is_there(tmp_path: Path) -> None:
    kept, place = tmp_path / "kept", tmp_path / "state"
    before = filled(kept, "a")
    with lock_folder(place, "serve"):
        filled(place, "store/jobs/a/result.json", "worker.log")
        (place / "linked").symlink_to(kept)
        empty_folder(place)
        assert [path.name for path in place.iterdir()] == [MARK]
        with pytest.raises(SystemExit, match=f"^serve: another serve uses {place}: stop it"):
            lock_folder(place, "serve")
    assert files(kept) == before


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("somebody's")
    with pytest.raises(SystemExit, match=r"^demo: .*/demo cannot be used \(File exists\): choose another folder"):
        lock_folder(tmp_path / "demo", "demo")
