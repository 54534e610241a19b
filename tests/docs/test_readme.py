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
    [block] = blocks("python")
    files = ("worker/workflows/document.py", "worker/steps/document.py")
    source = "\n".join((ROOT / file).read_text() for file in files)
    pieces = block.split("\n\n\n")
    assert [piece for piece in pieces if indent(piece.rstrip(), "    ") + "\n\n" not in source] == []
    assert "async def process_document(" in pieces[-1]


def test_every_file_named_exists() -> None:
    named = re.findall(r"`([a-z]\w*/[\w./-]*)`|\]\((\w[\w./-]*)\)", README)
    assert named
    for path in {a or b for a, b in named}:
        assert (ROOT / path).exists(), path
