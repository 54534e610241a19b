"""Sentences name their actor, and names say what they name: the check finds nothing in the project, and works."""

from pathlib import Path

import pytest

from .words import ALLOWED, ROOT, find_problems, room_of, tracked_files


def test_words_and_names_of_the_project_are_plain() -> None:
    assert [str(one) for one in find_problems(ROOT, tracked_files(ROOT))] == []


@pytest.mark.parametrize(
    ("path", "text", "problem"),
    [
        ("docs/page.md", "Ask whoever answers.", "'whoever' hides the actor"),
        ("Makefile", "serve: ## For Nobody", "'nobody' hides the actor"),
        ("wire/a.py", '"""Tells somebody."""\n', "'somebody' hides the actor"),
        ("wire/a.py", "PORT = 1  # no one listens\n", "'no one' hides the actor"),
        ("wire/a.py", "def tell_everyone() -> None: ...\n", "'everyone' hides the actor"),
        ("wire/a.py", 'f"{1} for anybody"\n', "'anybody' hides the actor"),
        ("wire/a.py", "def judged() -> None: ...\n", "function judged is named by a participle"),
        ("wire/a.py", "class A:\n    def _told_of(self) -> None: ...\n", "function _told_of is named by a participle"),
        ("wire/a.py", "_AT_ONCE: int = 4\n", "constant _AT_ONCE has no noun"),
        ("wire/a.py", "class A:\n    LONGEST = 4\n", "constant LONGEST has no noun"),
    ],
)
def test_a_planted_problem_is_found(tmp_path: Path, path: str, text: str, problem: str) -> None:
    _write(tmp_path, path, text)
    assert [one.problem for one in find_problems(tmp_path, [path])] == [problem]


@pytest.mark.parametrize(
    "text",
    [
        "class Kind(StrEnum):\n    TOLD = 'told'\n",  # a value has the word that it stands for
        "class A:\n    @property\n    def connected(self) -> int: ...\n",  # a property is a value
        "@pytest.fixture\ndef started() -> int: ...\n",
        "def needs_work() -> bool: ...\ndef seed_random() -> None: ...\n",
        "MAX_BYTES = 1\nFIRST_PAUSE_SECONDS = 1\n",
        "someones = 1\n",
    ],
)
def test_a_right_name_is_left_alone(tmp_path: Path, text: str) -> None:
    _write(tmp_path, "wire/a.py", text)
    assert find_problems(tmp_path, ["wire/a.py"]) == []


def test_two_public_classes_and_two_modules_of_one_name_in_a_room_are_found(tmp_path: Path) -> None:
    paths = ["wire/a.py", "wire/in/a.py", "lambdas/keys/b.py", "lambdas/trigger/b.py"]
    for path in paths:
        _write(tmp_path, path, "class Line: ...\nclass _Own: ...\n")
    assert [str(one) for one in find_problems(tmp_path, paths)] == [
        "wire/a.py:1: class name Line is taken in wire/",
        "wire/a.py:1: module name a is taken",
        "wire/in/a.py:1: class name Line is taken in wire/",
        "wire/in/a.py:1: module name a is taken",
    ]


def test_rooms_are_top_folders_and_the_folders_of_a_house() -> None:
    assert room_of("worker/steps/store.py") == "worker"
    assert room_of("lambdas/keys/vault.py") == "lambdas/keys"
    assert room_of("tests/waiting.py") == "tests"
    assert room_of("app.py") == "app.py"


def test_every_exception_has_its_reason() -> None:
    assert all(ALLOWED.values())


def _write(folder: Path, path: str, text: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
