"""A job runs from its request to its result, and every way to fail ends it in words that cross the wire."""

from tests.durable.scene import EMBEDDED, Scene

ENDS: list[tuple[str, list[object], str, str | None]] = [
    ("faulty", ["too_large"], "result_too_large", "too_large"),
    ("faulty", ["mistyped"], "result_type", "mistyped"),
    ("faulty", ["unwritable"], "result_type", "unwritable"),
    ("faulty", ["late"], "step_timeout", "late"),
    ("faulty", ["locked"], "locked", "locked"),
    ("large", [], "result_too_large", "large"),
    ("buggy", [], "unexpected", None),
    ("needs", [{"number": "a secret"}], "bad_arguments", None),
    ("needs", ["a secret"], "bad_arguments", None),
    ("needs", [], "bad_arguments", None),
]


def test_values_keep_their_types_between_steps_and_across_workers(scene: Scene) -> None:
    """Also in a module whose annotations are strings, also in a workflow that is a part or a job of its own."""
    scene.start()
    assert scene.result(scene.create("a", "pages", "a", 3)) == {"number": 3, "text": "Page"}
    page = {"number": 1, "text": "Page"}
    assert scene.result(scene.create("b", "nested", "b")) == [page, page | {"number": 2}]


def test_what_fails_is_a_failed_job_that_says_why(scene: Scene) -> None:
    """Never an endless redelivery, and never the value itself."""
    man = scene.start()
    jobs = [scene.create(f"job-{n}", workflow, *args) for n, (workflow, args, _, _) in enumerate(ENDS)]
    for job, (_, _, code, step) in zip(jobs, ENDS, strict=True):
        error = scene.error(job)
        assert (error["code"], error["step"]) == (code, step)
    assert "a secret" not in man.log.read_text() + "".join(scene.error(job)["message"] for job in jobs)


def test_a_body_catches_by_code(scene: Scene) -> None:
    """What can be tried again in a while, and what cannot, is known there too."""
    scene.start()
    assert scene.result(scene.create("a", "forgiving")) == {
        "too_large": "result_too_large in too_large, never",
        "mistyped": "result_type in mistyped, never",
        "unwritable": "result_type in unwritable, never",
        "late": "step_timeout in late, once more",
        "locked": "locked in locked, never",
    }


def test_a_step_tells_the_log_and_the_journal(scene: Scene) -> None:
    """A line for each attempt, with the same fields; a bug's line says where it arose."""
    man = scene.start()
    scene.wait(scene.create("a", "faulty", "late"))
    scene.wait(scene.create("b", "buggy"))
    told = [(line["attempt"], line["outcome"], line["code"]) for line in man.lines if line.get("step") == "late"]
    assert told == [(1, "retrying", "step_timeout"), (2, "retrying", "step_timeout"), (3, "failed", "step_timeout")]
    assert [line["job"] for line in man.lines if "raise KeyError" in line.get("traceback", "")] == ["b"]
    events = [(entry["job"], entry["attempt"], entry["event"], entry["fence"]) for entry in scene.journal()]
    assert events == [("a", n, event, 1) for n in (1, 2) for event in ("started", "retrying")] + [
        ("a", 3, "started", 1),
        ("a", 3, "failed", 1),
    ]


@EMBEDDED
def test_without_the_guard_a_large_result_is_made_again_and_again(scene: Scene) -> None:
    """The trap: the SDK cannot write it, releases the task, gets it at once, and runs the step anew."""
    scene.launch("plain")
    scene.create("a", "careless", "a")
    scene.evidence.wait_for("a", "careless", times=10)
    assert scene.client.get("a").state == "pending"
