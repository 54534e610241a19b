"""The README shows the workflow that runs, and its files exist; tests/local compares the output that it shows."""

import re
from textwrap import indent

from local.server_process import ROOT

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_workflow_shown_is_the_one_that_runs() -> None:
    """Each piece is a method in the source."""
    block, _ = blocks("python")
    files = ("worker/workflows/document.py", "worker/steps/document.py")
    source = "\n".join((ROOT / file).read_text() for file in files)
    pieces = block.split("\n\n\n")
    assert [piece for piece in pieces if indent(piece.rstrip(), "    ") + "\n\n" not in source] == []
    assert "async def process_document(" in pieces[-1]


def test_the_example_and_its_test_are_those_of_the_files() -> None:
    _, block = blocks("python")
    source = "\n".join((ROOT / file).read_text() for file in ("examples/signup.py", "tests/examples/test_signup.py"))
    assert [piece for piece in block.split("\n\n\n") if piece.rstrip() + "\n" not in source] == []


def test_every_file_named_exists() -> None:
    named = re.findall(r"`([a-z]\w*/[\w./-]*)`|\]\((\w[\w./-]*)\)", README)
    assert named
    for path in {a or b for a, b in named}:
        assert (ROOT / path).exists(), path
