"""The program on the page about the embedded server prints what the page shows, also after the server was killed."""

import re
import subprocess
import sys
from pathlib import Path

from local.server_process import EmbeddedProgram
from tests.conftest import StartServer

from .pages import page


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page("server"), re.MULTILINE | re.DOTALL)


def test_the_first_workflow_prints_its_output_again_after_a_kill(start_server: StartServer, tmp_path: Path) -> None:
    [program] = blocks("python")
    first, again = blocks("text")
    server = start_server(EmbeddedProgram(), folder=tmp_path / "data")
    file = tmp_path / "first.py"
    file.write_text(program.replace("http://127.0.0.1:8001", server.url))

    def run() -> str:
        return subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, check=True).stdout

    assert run() == first
    assert run() == again
    server.kill()
    start_server(EmbeddedProgram(), folder=tmp_path / "data", port=server.port)
    assert run() == again
