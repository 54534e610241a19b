"""The README's tour of the API, command by command, against a running make serve and a receiver of events.

Before it, what make serve prints: a user who follows both sends no job id twice.
"""

import os
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import IO

import urllib3

from examples.event_receiver import make_server
from local import samples
from local.server_process import ROOT, free_port
from ops.laptop import Laptop
from tests import warm_start
from tests.loopback import serve_in_thread
from tests.ops.conftest import wait_for_laptop
from tests.ops.terminal import COMMAND
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS, wait_until

LONGHAND = "./longhand "
README = (ROOT / "README.md").read_text()
[TOUR] = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
STEPS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", TOUR, re.MULTILINE)


def without_figures(text: str) -> list[str]:
    """Return the words without what differs from run to run: figures, folders and the width of columns."""
    return re.sub(r"[\d.]*\d", "#", re.sub(r"file://\S*/store", "file://store", text)).split()


def test_the_tour_prints_what_the_readme_shows(tmp_path: Path) -> None:
    state, port = tmp_path / "serve", free_port(successors=1)
    (tmp_path / "invoice.pdf").write_bytes(samples.make_invoice())
    serve = [sys.executable, "-m", "tests.warm_program", "local.serve", "--state", str(state), "--port", str(port)]
    pipe = subprocess.PIPE
    events, receiver = list[str](), f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        places = {
            "127.0.0.1:8080": f"127.0.0.1:{port}",
            "127.0.0.1:8081": f"127.0.0.1:{port + 1}",
            "127.0.0.1:9000": receiver,
            ".state/serve": str(state),
        }
        environ = {**os.environ, "ALLOWED_HOSTS": receiver, "LONGHAND_STATE": str(state)}
        started = warm_start.start(serve, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True)
        with kill_at_end(started) as running:
            laptop = wait_for_laptop(running, state)
            assert running.stdout
            key = run("./longhand keys", tmp_path, environ).stdout.strip()
            stack.enter_context(serve_in_thread(make_server(int(receiver.partition(":")[2]), key, events.append)))
            try_what_is_printed(read_printed(running.stdout), laptop, tmp_path, environ)
            for command, shown in STEPS:
                run_until_shown(command, shown, places, tmp_path, environ)
            wait_until(lambda: any('"id":"tour.done"' in one for one in events), "the last event did not arrive")
            running.terminate()
            running.communicate(timeout=TIMEOUT_SECONDS)
    [event] = re.findall(r'^{"specversion".*$', README, re.MULTILINE)
    [received, *_] = [one for one in events if '"id":"tour.done"' in one]
    assert without_figures(event.replace("file:///.state/serve/store", "file://x/store")) == without_figures(received)
    assert len(STEPS) > 5


def read_printed(stdout: IO[str]) -> str:
    """Return what make serve prints once it is up, to the last command."""
    lines = list[str]()
    for line in stdout:
        lines.append(line)
        if "/status/" in line:
            break
    return "".join(lines)


def try_what_is_printed(printed: str, laptop: Laptop, folder: Path, environ: dict[str, str]) -> None:
    """Open each address, and run each command."""
    assert printed.startswith(f"Up: {laptop.api}. It writes to ")
    pages = re.findall(r"^  (http\S+)", printed, re.MULTILINE)
    assert pages == [f"{laptop.api}/", f"{laptop.api}/docs"]
    for page in pages:
        assert urllib3.request("GET", page).status == HTTPStatus.OK
    commands = re.findall(r"^  ((?:curl|\./longhand) .*)", printed, re.MULTILINE)
    ended = [run(command, folder, environ) for command in commands]
    assert [one.returncode for one in ended] == [0] * 5, ended
    _, submitted, invoked, posted, status = [one.stdout for one in ended]
    assert ("Brightwater Logistics" in submitted, invoked) == (True, "3628800\n")
    assert ('"accepted"' in posted, '"sample"' in status) == (True, True)


def run(command: str, folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command line as a shell in the folder does; ours is forked, and the shell runs what reads its output."""
    own, pipe, rest = command.partition(" | ")
    if not own.startswith(LONGHAND):
        words = ["/bin/bash", "-c", command]
        return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    words = [str(folder / word) if (folder / word).is_file() else word for word in shlex.split(own)[1:]]
    ended = warm_start.run([*COMMAND, *words], cwd=ROOT, env=environ, capture_output=True, timeout=TIMEOUT_SECONDS)
    if not pipe:
        return ended
    words = ["/bin/bash", "-c", rest]
    return subprocess.run(words, input=ended.stdout, env=environ, capture_output=True, text=True, check=False)


def run_until_shown(command: str, shown: str, places: dict[str, str], folder: Path, environ: dict[str, str]) -> None:
    """Run a command, again while the job is on its way, until it prints what is shown."""
    for place, real in places.items():
        command = command.replace(place, real)
    printed = list[str]()

    def is_shown() -> bool:
        ended = run(command, folder, environ)
        printed.append(ended.stdout + ended.stderr)
        return without_figures(ended.stdout) == without_figures(shown)

    wait_until(is_shown, lambda: f"{command}: {printed[-1]}", timeout=60)
