"""Runs the CDK app once for equal choices, because it takes seconds: all processes of a run share the templates.

A process that has loaded the CDK runs it, where there is one; a synthesis in a process of its own is the same to the
byte, as test_synth.py proves.

As a program it stands in for app.py in tests of commands, with the same variables and options and in the same folder:
`python -m tests.stacks.saved_synthesis FOLDER [-c KEY=VALUE ...]`. A failed run of the app is not saved.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from . import warm_app

OUTPUT_FILE = "printed.txt"  # what the app printed in a process of its own


def save_synthesis(
    folder: Path, project: Path, words: Sequence[str], environ: Mapping[str, str], *, cold: bool = False
) -> Path:
    """Return the folder with the templates of a project's app; raise CalledProcessError with the app's output.

    Choices are equal if cdk.json's, overridden by the words, are. `cold` runs the app in a process of its own, as
    a user does, and keeps what it prints.
    """
    choices = json.loads((project / "cdk.json").read_text())["context"]
    choices |= dict(word.split("=", 1) for word in words if "=" in word)
    key = (
        str(project),
        sorted((name, value) for name, value in choices.items() if value != ""),
        environ.get("CDK_CONTEXT_JSON"),
        cold,
    )
    saved = folder / sha256(repr(key).encode()).hexdigest()[:12]
    folder.mkdir(exist_ok=True)
    with warm_app.lock_file(saved.with_suffix(".lock")):
        if not saved.exists():
            written = Path(mkdtemp(dir=folder))
            variables = {**environ, "CDK_OUTDIR": str(written)}
            is_warm = not cold and project == warm_app.ROOT
            if not (is_warm and _run_warm(folder, words, variables)):
                _run_cold(project, words, variables)
            written.rename(saved)
    return saved


def _run_warm(folder: Path, words: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Run the app where the CDK is loaded; return False if it must run in a process of its own."""
    match warm_app.synthesize(folder, words, environ):
        case 0, _:
            return True
        case code, output:
            raise subprocess.CalledProcessError(code, ["app.py", *words], output)
    return False


def _run_cold(project: Path, words: Sequence[str], environ: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=project,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    (Path(environ["CDK_OUTDIR"]) / OUTPUT_FILE).write_text(done.stdout)


def main() -> int:
    """Write the templates to CDK_OUTDIR; return the app's exit code."""
    try:
        saved = save_synthesis(Path(sys.argv[1]), Path.cwd(), sys.argv[2:], os.environ)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.output)
        return error.returncode
    _show_files(saved, Path(os.environ["CDK_OUTDIR"]))
    return 0


def _show_files(saved: Path, folder: Path) -> None:
    """Link the files and the assets' folders: to copy hundreds of files takes longer than all else in a command."""
    folder.mkdir(exist_ok=True)
    for entry in saved.iterdir():
        if entry.name != OUTPUT_FILE:
            (folder / entry.name).symlink_to(entry)


if __name__ == "__main__":
    sys.exit(main())
