"""Recorded jobs go on with refactored code, and changed code is found with both calls and the way out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from durable import Context, Workflow, workflow
from durable.command.durable_command import main
from durable.replay.recording import Recording
from durable.replay.replayer import replay
from local.server_process import EmbeddedProgram
from tests import warm_start
from tests.durable.worker_lab import WorkerLab

from .orders import Order, charge, place_order_and_wait, reserve
from .releases import AFTER_CHECK, CHANGED_RELEASES, OTHERS, RAISE, SAME_RELEASES, WORKFLOWS, release

JOBS = {"job": {"id": "1"}, "refused": {"id": "2", "cents": 0}}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Run jobs with a real worker, record them with the command, and return the files by job."""
    folder = tmp_path_factory.mktemp("recordings")
    program = EmbeddedProgram()
    with warm_start.start_server(program, folder / "server") as server:
        lab = WorkerLab(program, server, folder)
        try:
            lab.start(known="orders")
            for job, order in JOBS.items():
                lab.wait(lab.create(job, "order", order))
            assert main(["record", *JOBS, "--url", server.url, "--folder", str(folder / "recorded")]) == 0
        finally:
            lab.close()
    return {job: folder / "recorded" / f"{job}.jsonl" for job in JOBS}


@pytest.fixture
def job(recordings: Mapping[str, Path]) -> Recording:
    """The job that succeeded."""
    return Recording.read(recordings["job"])


@pytest.mark.parametrize("release", SAME_RELEASES.values(), ids=SAME_RELEASES)
def test_code_that_makes_the_recorded_calls_is_the_same(release: Workflow[..., Any], job: Recording) -> None:
    verdict = replay(job, [release, *OTHERS])
    assert verdict.is_same, str(verdict)


@pytest.mark.parametrize(("release", "place", "sentence"), CHANGED_RELEASES.values(), ids=CHANGED_RELEASES)
def test_changed_code_is_found_with_both_calls_and_the_way_out(
    release: Workflow[..., Any], place: str, sentence: str, job: Recording
) -> None:
    verdict = replay(job, [release, *OTHERS])
    [difference] = verdict.differences
    assert difference.promise == f"job{place}"
    assert difference.sentence.startswith(sentence), difference.sentence
    assert difference.sentence.endswith(RAISE)
    assert 0 < verdict.different_states < verdict.states


def test_a_part_on_another_worker_is_replayed_too(job: Recording) -> None:
    verdict = replay(job, AFTER_CHECK)
    assert [one.promise for one in verdict.differences] == ["job:5.1.1", "job:5.2.1", "job:5.3.1"]
    [*_, difference] = verdict.differences
    assert difference.sentence == (
        "it was recorded as step 'ship', and the code now calls step 'check_fraud' there: "
        "raise the version of send_item, which was recorded as 1"
    )


def test_every_state_of_the_job_and_of_its_parts_is_replayed(job: Recording) -> None:
    """Each call has a state in which it is made and one in which it is settled, and each task one before its first."""
    tasks = ["job", "job:5.1", "job:5.2", "job:5.3"]
    assert [task.id for task in job.tasks()] == tasks
    calls = len(job.promises) - 1
    assert replay(job, WORKFLOWS).states == 2 * calls + len(tasks)


def test_a_failed_job_fails_in_the_same_way(recordings: Mapping[str, Path]) -> None:
    recording = Recording.read(recordings["refused"])
    assert recording.job.state == "rejected"
    assert replay(recording, WORKFLOWS).is_same

    @workflow(name="order", version=1)
    async def place_order(ctx: Context, order: Order) -> str:
        await ctx.run(reserve, order)
        try:
            return (await ctx.run(charge, order, order.cents)).payment
        except Exception:  # noqa: BLE001 the change that must be found
            return "free"

    [difference] = replay(recording, [place_order]).differences
    assert difference.sentence.startswith("workflow 'order' was recorded as rejected {")
    assert "and now ends resolved 'free': raise the version" in difference.sentence


def test_a_job_that_was_still_running_may_get_further_calls(job: Recording) -> None:
    """Only a job that is over has made all its calls."""
    until_sleep = tuple(one for one in job.promises if one.position < (4,))
    running = Recording((replace(job.job, state="pending", value=None, settled_at=None), *until_sleep[1:]))
    assert replay(running, WORKFLOWS).is_same
    assert replay(running, [CHANGED_RELEASES["removed at the end"][0], *OTHERS]).is_same
    [difference] = replay(running, [CHANGED_RELEASES["inserted"][0], *OTHERS]).differences
    assert difference.promise == "job:2"


def test_a_workflow_or_version_that_is_gone_is_named(job: Recording) -> None:
    newer = release(name="order", version=2)
    [difference] = replay(job, [newer, *OTHERS]).differences
    assert str(difference) == (
        "job: version 1 of order is not among the workflows: "
        "keep it until its last job has ended, then delete this recording"
    )


def test_a_body_that_waits_for_something_else_is_found(job: Recording) -> None:
    [difference] = replay(job, [place_order_and_wait, *OTHERS]).differences
    assert difference.sentence == "the body waits for something that is not a promise of the job: see rule D12"


def test_a_recording_without_names_is_not_taken_for_a_proof(job: Recording) -> None:
    """Jobs of older workers have none."""
    old = tuple(
        replace(one, tags={key: tag for key, tag in one.tags.items() if "durable" not in key}) for one in job.promises
    )
    [first, *_] = replay(Recording(old), WORKFLOWS).differences
    assert first.sentence == "the recording has no name for this call: record the job again with a new worker"


def test_a_recording_is_json_lines_that_a_diff_shows(
    recordings: Mapping[str, Path], job: Recording, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in recordings["job"].read_text().splitlines()]
    assert [line["id"] for line in lines[:5]] == ["job", "job:1", "job:2", "job:3", "job:4"]
    assert lines[0]["param"] == {"func": "order", "args": [{"id": "1"}], "kwargs": {}, "version": 1}
    assert lines[2]["value"] == {"payment": "p1"}
    job.write(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == recordings["job"].read_bytes()


def test_the_command_prints_a_verdict_for_each_file(
    recordings: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recordings["job"].parent
    assert main(["replay", str(folder), "--workflows", "tests.replay.releases:WORKFLOWS"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{folder / 'job.jsonl'}: the same in 30 states",
        f"{folder / 'refused.jsonl'}: the same in 5 states",
    ]
    assert main(["replay", str(recordings["job"]), "--workflows", "tests.replay.releases:place_order_and_check"]) == 1
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"{recordings['job']}: differs in 20 of 30 states that a running job may be in"
    assert second.startswith("  job:1: it was recorded as step 'reserve', and the code now calls step 'check_fraud' ")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tests.replay.releases:MISSING", "cannot be imported"),
        ("no.such.module:WORKFLOWS", "cannot be imported"),
        ("tests.replay.releases", "cannot be imported"),
        ("tests.replay.releases:PAUSE", "is neither a workflow nor a list of workflows"),
    ],
)
def test_a_word_that_names_no_workflows_is_refused(
    name: str, reason: str, recordings: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(recordings["job"]), "--workflows", name]) == 2
    assert f"{name} {reason}" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": "a"}', b"\xff", None])
def test_a_file_that_is_no_recording_is_refused(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "job.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert main(["replay", str(path), "--workflows", "tests.replay.releases:WORKFLOWS"]) == 2
    assert f"{path} is not a recording: " in capsys.readouterr().err


def test_a_folder_without_recordings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A gate that compares nothing would always be open."""
    assert main(["replay", str(tmp_path), "--workflows", "tests.replay.releases:WORKFLOWS"]) == 2
    assert f"{tmp_path} has no recordings" in capsys.readouterr().err


def test_a_job_that_does_not_exist_is_not_recorded(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with warm_start.start_server(EmbeddedProgram(), tmp_path / "server") as server:
        assert main(["record", "order/1", "--url", server.url, "--folder", str(tmp_path / "recorded")]) == 2
    assert capsys.readouterr().err.startswith("durable record: ")
    assert not (tmp_path / "recorded").exists()
