"""The pages about operating are true: what they show is what the command prints, what they name exists."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from local.server_process import ROOT
from ops.app import COMMANDS, make_app
from ops.doctor.laptop_checks import CHECKS
from ops.exit_codes import EXIT_MEANINGS
from tests.ops.terminal import PLAIN, Terminal

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("operate", "runbook", "troubleshooting")}
OPERATE = PAGES["operate"]


def shown() -> list[tuple[list[str], str]]:
    """The commands of the page with what it says they print."""
    blocks = re.findall(r"^```console\n(.*?)^```", OPERATE, re.MULTILINE | re.DOTALL)
    split = [block.partition("\n") for block in blocks]
    return [(shlex.split(first.removeprefix("$ ./longhand ")), rest) for first, _, rest in split]


def without_figures(text: str) -> set[str]:
    """Its lines. Addresses, times, digests and paths are another machine's."""
    text = re.sub(r"(file://)?/\S*/\.?(state/)?serve\S*|/\S*(store|inbox)\b\S*", "PATH", text)
    text = re.sub(r"-[0-9a-f]{12}\b", "-DIGEST", text)
    return set(re.sub(r" +", " ", re.sub(r"\d[\d.:T+-]*", "#", text)).splitlines())


def test_a_laptop_prints_what_is_shown(at_home: Terminal, document: Path, tmp_path: Path) -> None:
    shutil.copy(document, tmp_path / "invoice.pdf")
    commands = shown()
    assert {words[0] for words, _ in commands} == {"submit", "status", "outputs", "doctor"}
    for words, printed in commands:
        ended = at_home.within(tmp_path).run(*words)
        # What is found in a document may become more.
        assert without_figures(printed) <= without_figures(ended.out), words


def named() -> list[list[str]]:
    """Every call of the command on the pages, in blocks and in sentences."""
    calls = [call for page in PAGES.values() for call in re.findall(r"\./longhand ([a-z][^`\n#|)\"]*)", page)]
    return [shlex.split(call) for call in calls]


@pytest.mark.parametrize("words", named(), ids=" ".join)
def test_every_call_that_is_named_has_a_command_and_options_that_exist(words: list[str]) -> None:
    assert words[0] in COMMANDS
    command: Any = get_command(make_app(words))
    known = {option for parameter in command.commands[words[0]].params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known | {"--help"}


def test_every_exit_code_has_its_line() -> None:
    for code, meaning in EXIT_MEANINGS.items():
        assert f"| {code} | {meaning} |" in OPERATE


def test_every_check_is_explained() -> None:
    listed = re.findall(r"^\| ([a-z ,]+) \|", OPERATE.partition("| check |")[2], re.MULTILINE)
    aws_errors = {name for cell in listed for name in cell.split(", ")}
    assert {check.name for check in CHECKS} <= aws_errors


def is_source(file: Path) -> bool:
    """A module, or the one script."""
    return file.suffix == ".py" or file.name == "setup"


def test_every_sentence_of_the_page_of_symptoms_is_one_that_is_said() -> None:
    """A quotation in its first column occurs in the code; what is cut with dots is compared in parts."""
    rooms = ("ops", "lambdas", "contract", "durable", "local", "scripts")
    code = " ".join(file.read_text() for room in rooms for file in (ROOT / room).rglob("*") if is_source(file))
    quoted = re.findall(r"^\| `([^`]+)`", PAGES["troubleshooting"], re.MULTILINE)
    assert len(quoted) >= 10
    for sentence in quoted:
        for part in re.split(r" \.\.\. in eu-west-1| \.\.\. | \d+ minutes |\(.*\)|, \d+ or \d+", sentence):
            assert part.strip() in code, sentence


def test_every_link_leads_somewhere() -> None:
    for page in PAGES.values():
        for link in re.findall(r"\]\(([\w.]+\.md)\)", page):
            assert (ROOT / "docs" / link).exists(), link


def test_the_program_makes_the_environment_and_keeps_the_folder_that_it_is_called_in(tmp_path: Path) -> None:
    """Called by a link from elsewhere, as from a folder of the path."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    (home / "scripts").mkdir(parents=True)
    elsewhere.mkdir()
    shutil.copy(ROOT / "longhand", home)
    python = '#!/bin/sh\\necho "$PWD: $*"\\n'
    made = (
        f"mkdir -p {home}/.venv/bin && printf '{python}' >{home}/.venv/bin/python && chmod +x {home}/.venv/bin/python"
    )
    (home / "scripts" / "setup").write_text(f"#!/bin/sh\n{made}\n")
    (home / "scripts" / "setup").chmod(0o755)
    (elsewhere / "link").symlink_to(home / "longhand")
    ended = subprocess.run(["./link", "status", "a b"], cwd=elsewhere, capture_output=True, text=True, check=True)
    assert ended.stdout == f"{elsewhere}: -P -m starting ops status a b\n"


@pytest.mark.parametrize("name", ["contract", "typer", "starting"])
def test_a_module_of_the_folder_it_is_called_in_is_never_imported(tmp_path: Path, name: str) -> None:
    """It may be one of downloads, and on the path of whoever calls."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for file, does in (("scripts/setup", "true"), (".venv/bin/python", f'exec {sys.executable} "$@"')):
        (home / file).parent.mkdir(parents=True)
        (home / file).write_text(f"#!/bin/sh\n{does}\n")
        (home / file).chmod(0o755)
    shutil.copy(ROOT / "longhand", home)
    for room in ("starting.py", "ops", "contract", "pricing", "wire"):
        (home / room).symlink_to(ROOT / room)
    elsewhere.mkdir()
    (elsewhere / f"{name}.py").write_text("raise SystemExit('what lay there was run')\n")
    words, environ = [str(home / "longhand"), "status", "--help"], {**PLAIN, "PYTHONPATH": "."}
    ended = subprocess.run(words, cwd=elsewhere, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr, "For example:" in ended.stdout) == (0, "", True), ended
