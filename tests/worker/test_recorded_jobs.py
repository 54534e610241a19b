"""Running jobs can go on with the present code: recorded jobs of each shape make the same calls when replayed.

A worker that resumes a job of another release takes the promise at a position for the result of its own step. A change
of a sequence therefore needs a new version of the workflow, with recordings of its own.
"""

from pathlib import Path

import pytest

from durable.replay.recording import Recording
from durable.replay.replayer import replay
from durable.wire.call_record import CallRecord

from .record_jobs import FOLDER, find_file_name, open_recorder, workflows

RECORDINGS = {path.stem: path for path in sorted(FOLDER.glob("*.jsonl"))}
WORKFLOWS = workflows()


def calls_of(recording: Recording) -> dict[str, str]:
    """Return what each promise of a job was made for."""
    return {one.id: str(CallRecord.read(one.tags)) for one in recording.promises}


@pytest.mark.parametrize("path", RECORDINGS.values(), ids=RECORDINGS)
def test_a_recorded_job_goes_on_with_the_present_code(path: Path) -> None:
    verdict = replay(Recording.read(path), WORKFLOWS)
    assert verdict.is_same, str(verdict)


def test_each_version_of_each_workflow_is_recorded() -> None:
    tasks = [task.param for path in RECORDINGS.values() for task in Recording.read(path).tasks()]
    assert {(task["func"], task["version"]) for task in tasks} == {(one.name, one.version) for one in WORKFLOWS}


@pytest.mark.soak
def test_a_worker_makes_the_recorded_calls(tmp_path: Path) -> None:
    """Recordings are of jobs that the present worker would run."""
    with open_recorder(tmp_path) as recorder:
        for shape, promise in recorder.start_all().items():
            made = recorder.record(promise)
            recorded = Recording.read(FOLDER / find_file_name(made, shape))
            assert (made.job.state, calls_of(made)) == (recorded.job.state, calls_of(recorded)), shape
