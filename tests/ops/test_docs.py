"""The pages about operating show what the command prints, and name commands, options and messages that exist."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT
from ops.doctor.laptop_checks import CHECKS
from ops.exit_codes import EXIT_MEANINGS
from tests.ops.command_options import list_options
from tests.ops.terminal import PLAIN, Terminal

PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text()
    for name in ("agents", "numbers", "operate", "runbook", "troubleshooting")
}
OPERATE = PAGES["operate"]


def read_examples() -> list[tuple[list[str], str]]:
    """Return the commands of the page, each with the output that the page shows."""
    blocks = re.findall(r"^```console\n(.*?)^```", OPERATE, re.MULTILINE | re.DOTALL)
    split = [block.partition("\n") for block in blocks]
    return [(shlex.split(first.removeprefix("$ ./longhand ")), rest) for first, _, rest in split]


def drop_figures(text: str) -> set[str]:
    """Return the lines without addresses, times, digests and paths, which differ on each machine."""
    text = re.sub(r"(file://)?/\S*/\.?(state/)?serve\S*|/\S*(store|inbox)\b\S*", "PATH", text)
    text = re.sub(r"-[0-9a-f]{12}\b", "-DIGEST", text)
    return set(re.sub(r" +", " ", re.sub(r"\d[\d.:T+-]*", "#", text)).splitlines())


def test_the_commands_of_the_page_print_what_the_page_shows(at_home: Terminal, document: Path, tmp_path: Path) -> None:
    shutil.copy(document, tmp_path / "invoice.pdf")
    examples = read_examples()
    assert {words[0] for words, _ in examples} == {"submit", "status", "invoke", "outputs", "doctor"}
    for words, printed in examples:
        ended = at_home.run(*(str(tmp_path / word) if (tmp_path / word).exists() else word for word in words))
        # Later versions may find more in a document.
        assert drop_figures(printed) <= drop_figures(ended.out), words


def read_calls() -> list[list[str]]:
    """Return every call of the command on the pages, in blocks and in sentences."""
    calls = [call for page in PAGES.values() for call in re.findall(r"\./longhand ([a-z][^`\n#|)\"]*)", page)]
    return [shlex.split(call) for call in calls]


@pytest.mark.parametrize("words", read_calls(), ids=" ".join)
def test_every_command_line_in_the_docs_uses_existing_options(words: list[str]) -> None:
    assert {word for word in words if word.startswith("-")} <= list_options(words) | {"--help"}


def test_every_exit_code_is_documented() -> None:
    for code, meaning in EXIT_MEANINGS.items():
        assert f"| {code} | {meaning} |" in OPERATE


def test_every_check_is_documented() -> None:
    listed = re.findall(r"^\| ([a-z ,]+) \|", OPERATE.partition("| check |")[2], re.MULTILINE)
    documented = {name for cell in listed for name in cell.split(", ")}
    assert {check.name for check in CHECKS} <= documented


def is_source(file: Path) -> bool:
    """Whether it is a module, or the one script."""
    return file.suffix == ".py" or file.name == "setup"


def test_every_quotation_of_the_troubleshooting_page_occurs_in_the_code() -> None:
    """Quotations stand in its first column; those with an ellipsis are compared in parts."""
    rooms = ("ops", "longhand_client", "lambdas", "contract", "durable", "local", "scripts")
    code = " ".join(file.read_text() for room in rooms for file in (ROOT / room).rglob("*") if is_source(file))
    quoted = re.findall(r"^\| `([^`]+)`", PAGES["troubleshooting"], re.MULTILINE)
    assert len(quoted) >= 10
    for sentence in quoted:
        for part in re.split(r" \.\.\. in eu-west-1| \.\.\. | \d+ minutes |\(.*\)|, \d+ or \d+", sentence):
            assert part.strip() in code, sentence


def test_every_link_has_a_target() -> None:
    for page in PAGES.values():
        for link in re.findall(r"\]\(([\w.]+\.md)\)", page):
            assert (ROOT / "docs" / link).exists(), link


def test_longhand_makes_the_environment_and_keeps_the_working_folder(tmp_path: Path) -> None:
    """Called through a link from another folder, as from the PATH."""
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
def test_longhand_imports_no_module_of_the_working_folder(tmp_path: Path, name: str) -> None:
    """The folder may contain downloads, and the caller's PYTHONPATH may contain the folder."""
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for file, command in (("scripts/setup", "true"), (".venv/bin/python", f'exec {sys.executable} "$@"')):
        (home / file).parent.mkdir(parents=True)
        (home / file).write_text(f"#!/bin/sh\n{command}\n")
        (home / file).chmod(0o755)
    shutil.copy(ROOT / "longhand", home)
    for room in ("starting.py", "ops", "longhand_client", "contract", "pricing", "durable"):
        (home / room).symlink_to(ROOT / room)
    elsewhere.mkdir()
    (elsewhere / f"{name}.py").write_text("raise SystemExit('a module of the folder was run')\n")
    words, environ = [str(home / "longhand"), "status", "--help"], {**PLAIN, "PYTHONPATH": "."}
    ended = subprocess.run(words, cwd=elsewhere, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr, "For example:" in ended.stdout) == (0, "", True), ended
