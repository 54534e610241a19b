"""`durable replay FILE ...`: replay recorded jobs through the present code, and print what it does differently."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from durable.replay.recording import Recording, UnreadableRecordingError
from durable.replay.replayer import replay

from .workflow_loader import WorkflowsNotFoundError, load_workflows

_DIFFERENT_CODE: Final = 1
_FAILURE_CODE: Final = 2
_DESCRIPTION: Final = """Replay recorded jobs through the present code. No server and no step takes part.

It fails if a job that began with the recorded code could not go on with the present one, in any state that the recorded
job was in. Then raise the version of its workflow, and keep the recorded version until its last job has ended.

Exit codes: 0 the same, 1 something differs, 2 a file or the workflows could not be read."""


def main(arguments: Sequence[str]) -> int:
    """Print a line for each file; return 1 if the code differs from one."""
    options = _parse(arguments)
    try:
        workflows = load_workflows(options.workflows)
        recordings = {path: Recording.read(path) for path in _find_files(options.paths)}
    except (WorkflowsNotFoundError, UnreadableRecordingError) as error:
        sys.stderr.write(f"durable replay: {error}\n")
        return _FAILURE_CODE
    logging.disable()  # bodies and the SDK log what the verdict says better
    verdicts = {path: replay(recording, workflows) for path, recording in recordings.items()}
    logging.disable(logging.NOTSET)
    sys.stdout.writelines(f"{path}: {verdict}\n" for path, verdict in verdicts.items())
    return 0 if all(verdict.is_same for verdict in verdicts.values()) else _DIFFERENT_CODE


def _find_files(paths: Sequence[Path]) -> Sequence[Path]:
    found = [file for path in paths for file in (sorted(path.rglob("*.jsonl")) if path.is_dir() else [path])]
    if not found:
        raise UnreadableRecordingError(f"{', '.join(map(str, paths))} has no recordings (*.jsonl): see durable record")
    return found


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="durable replay", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a recording, or a folder with recordings")
    parser.add_argument(
        "--workflows", required=True, metavar="MODULE:NAME",
        help="a workflow, a list of them, or a function that returns one: all versions that a worker knows",
    )  # fmt: skip
    return parser.parse_args(arguments)
