"""The list of slow test files names files that exist."""

from pathlib import Path

from tests import conftest


def test_every_slow_file_exists() -> None:
    tests = Path(conftest.__file__).parent
    assert [file for file in conftest.SLOW_FILES if not (tests / file).is_file()] == []
