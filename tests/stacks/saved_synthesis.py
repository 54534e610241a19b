"""Runs the CDK app once for equal choices, because it takes seconds: all processes of a run share the templates.

As a program it stands in for app.py in tests of commands, with the same variables and options and in the same folder:
`python tests/stacks/saved_synthesis.py FOLDER [-c KEY=VALUE ...]`. A failed run of the app is not saved.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

OUTPUT_FILE = "printed.txt"  # what the app printed


def save_synthesis(
    folder: Path, project: Path, words: Sequence[str], environ: Mapping[str, str], *, again: bool = False
) -> Path:
    """Return the folder with the templates of a project's app; raise CalledProcessError with the app's output.

    Choices are equal if cdk.json's, overridden by the words, are. `again` runs the app a second time.
    """
    choices = json.loads((project / "cdk.json").read_text())["context"]
    choices |= dict(word.split("=", 1) for word in words if "=" in word)
    key = (
        str(project),
        sorted((name, value) for name, value in choices.items() if value != ""),
        environ.get("CDK_CONTEXT_JSON"),
        again,
    )
    saved = folder / sha256(repr(key).encode()).hexdigest()[:12]
    folder.mkdir(exist_ok=True)
    with _lock_file(saved.with_suffix(".lock")):
        if not saved.exists():
            _run_app(project, words, environ, Path(mkdtemp(dir=folder))).rename(saved)
    return saved


def _run_app(project: Path, words: Sequence[str], environ: Mapping[str, str], written: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "app.py", *words],
        cwd=project,
        env={**environ, "CDK_OUTDIR": str(written)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    (written / OUTPUT_FILE).write_text(done.stdout)
    return written


@contextmanager
def _lock_file(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Write the templates to CDK_OUTDIR; return the app's exit code."""
    try:
        saved = save_synthesis(Path(sys.argv[1]), Path.cwd(), sys.argv[2:], os.environ)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.output)
        return error.returncode
    shutil.copytree(saved, os.environ["CDK_OUTDIR"], dirs_exist_ok=True, ignore=shutil.ignore_patterns(OUTPUT_FILE))
    return 0


if __name__ == "__main__":
    sys.exit(main())
