"""The order of test files names files and folders that exist."""

from pathlib import Path

from local.server_process import ROOT
from tests import run_order


def test_every_slow_file_exists() -> None:
    tests = Path(run_order.__file__).parent
    assert [file for file in run_order.SLOW_FILES if not (tests / file).is_file()] == []


def test_a_test_goes_to_a_process_with_its_file_its_group_of_files_or_its_whole_folder() -> None:
    assert [file for file in run_order.GROUPS_OF_FILES if not (ROOT / file).is_file()] == []
    assert run_order.unit_of("tests/ops/test_deploy.py::test_one") == "ops aws"
    assert [folder for folder in run_order.WHOLE_FOLDERS if not (ROOT / folder).is_dir()] == []
    assert run_order.unit_of("tests/worker/test_waits.py::test_one[a/b::c]") == "tests/worker/test_waits.py"
    assert run_order.unit_of("tests/hosted/test_whole.py::test_one[a/b::c]") == "tests/hosted"
