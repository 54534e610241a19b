"""The README's tour of the API, command by command, against a running make serve and a receiver of events."""

import os
import re
import subprocess
import sys
from pathlib import Path

from local import samples
from local.server_process import ROOT, free_port
from tests import warm_start
from tests.ops.conftest import wait_for_laptop
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS, wait_until
from tests.webhooks.receiver import serve_receiver

README = (ROOT / "README.md").read_text()
[TOUR] = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
STEPS = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", TOUR, re.MULTILINE)


def without_figures(text: str) -> list[str]:
    """Return the words without what differs from run to run: figures, folders and the width of columns."""
    return re.sub(r"[\d.]*\d", "#", re.sub(r"file://\S*/store", "file://store", text)).split()


def test_the_tour_prints_what_the_readme_shows(tmp_path: Path) -> None:
    state, port = tmp_path / "serve", free_port(successors=1)
    (tmp_path / "invoice.pdf").write_bytes(samples.make_invoice())
    longhand = tmp_path / "longhand"
    longhand.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m starting ops "$@"\n')
    longhand.chmod(0o755)
    serve = [sys.executable, "-m", "tests.warm_program", "local.serve", "--state", str(state), "--port", str(port)]
    pipe = subprocess.PIPE
    with serve_receiver() as receiver:
        places = {
            "127.0.0.1:8080": f"127.0.0.1:{port}",
            "127.0.0.1:8081": f"127.0.0.1:{port + 1}",
            "127.0.0.1:9000": receiver.host,
            ".state/serve": str(state),
        }
        environ = {**os.environ, "ALLOWED_HOSTS": receiver.host, "LONGHAND_STATE": str(state)}
        started = warm_start.start(serve, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True)
        with kill_at_end(started) as running:
            wait_for_laptop(running, state)
            for command, shown in STEPS:
                run_until_shown(command, shown, places, tmp_path, environ)
            wait_until(lambda: "tour.done" in receiver.taken, "the last event did not arrive")
            running.terminate()
            running.communicate(timeout=TIMEOUT_SECONDS)
    [event] = re.findall(r'^{"specversion".*$', README, re.MULTILINE)
    [received] = [one.body.decode() for one in receiver.requests if one.id == "tour.done"]
    assert without_figures(event.replace("file:///.state/serve/store", "file://x/store")) == without_figures(received)
    assert len(STEPS) > 5


def run_until_shown(command: str, shown: str, places: dict[str, str], folder: Path, environ: dict[str, str]) -> None:
    """Run a command, again while the job is on its way, until it prints what is shown."""
    for place, real in places.items():
        command = command.replace(place, real)
    printed = list[str]()

    def run() -> bool:
        ended = subprocess.run(
            ["/bin/bash", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False
        )
        printed.append(ended.stdout + ended.stderr)
        return without_figures(ended.stdout) == without_figures(shown)

    wait_until(run, lambda: f"{command}: {printed[-1]}", timeout=60)
