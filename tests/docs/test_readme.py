"""The README is true: its program prints what it says, its targets and files exist."""

import re
import subprocess
import sys
from pathlib import Path

from local.servers import ROOT, Embedded
from tests.conftest import StartServer

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_first_workflow_prints_what_is_shown_and_again_after_a_kill(
    start_server: StartServer, tmp_path: Path
) -> None:
    [program] = blocks("python")
    first, again = (block for block in blocks("text") if block.endswith("it is 40\n"))
    server = start_server(Embedded(), folder=tmp_path / "data")
    file = tmp_path / "first.py"
    file.write_text(program.replace("http://127.0.0.1:8001", server.url))

    def run() -> str:
        return subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, check=True).stdout

    assert run() == first
    assert run() == again
    server.kill()
    start_server(Embedded(), folder=tmp_path / "data", port=server.port)
    assert run() == again


def test_every_make_target_that_it_names_exists() -> None:
    code = [*blocks("sh"), *re.findall(r"`(make [^`]*)`", README)]
    named = set(re.findall(r"\bmake ([a-z-]+)", "\n".join(code)))
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607 - make is found on the path
    assert named
    for target in named:
        assert re.search(rf"^  {target} ", listed, re.MULTILINE), target


def test_every_file_that_it_names_exists() -> None:
    named = re.findall(
        r"`((?:contract|durable|lambdas|worker|wire|local|tests|bench|docs)/[\w./]*)`|\]\((\w[\w./]*)\)", README
    )
    assert named
    for path in {a or b for a, b in named}:
        assert (ROOT / path).exists(), path
