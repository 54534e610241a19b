"""Hundreds of pictures: some may fail, and too many end the job early."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from durable import PermanentError
from durable.testing import Certificate, Trial, WorkflowTest
from examples.album import MAX_PIXELS, Album, make_album, shrink

PICTURES = [f"{number}.png" for number in range(400)]


def fail_for(*endings: str) -> Callable[[str], str]:
    """Return a body that fails for pictures whose name ends so."""

    def body(picture: str) -> str:
        if picture.endswith(endings):
            raise PermanentError("no_picture", picture)
        return picture

    return body


def test_a_few_pictures_may_fail(workflow_test: Callable[..., WorkflowTest]) -> None:
    test = workflow_test(make_album)
    test.replace(shrink, fail_for("33.png"))
    album = test.start(make_album, PICTURES).result()
    assert album == Album(done=396, failed=[name for name in PICTURES if name.endswith("33.png")])
    assert len(test.calls(shrink)) == len(PICTURES)


def test_too_many_failures_end_it_early(workflow_test: Callable[..., WorkflowTest]) -> None:
    test = workflow_test(make_album)
    test.replace(shrink, fail_for("3.png"))
    assert test.start(make_album, PICTURES).error().code == "no_picture"
    assert 200 <= len(test.calls(shrink)) < 300


def test_real_pictures_get_thumbnails(workflow_test: Callable[..., WorkflowTest], tmp_path: Path) -> None:
    pictures = [tmp_path / f"{number}.png" for number in range(3)]
    for picture in pictures:
        Image.new("RGB", (640, 480), "navy").save(picture)
    test = workflow_test(make_album)
    album = test.start(make_album, [str(picture) for picture in pictures]).result()
    assert album == Album(done=3, failed=[])
    for picture in pictures:
        with Image.open(picture.with_suffix(".thumbnail.png")) as thumbnail:
            assert max(thumbnail.size) == MAX_PIXELS


def test_no_crash_loses_a_picture(certify: Callable[..., Certificate]) -> None:
    """Twenty pictures are two slices; the worker dies after each request."""

    def scenario(trial: Trial) -> Album:
        def shrink_once(picture: str) -> str:
            trial.effects.add("thumbnail", key=picture)
            return fail_for("13.png")(picture)

        with trial.test(make_album) as test:
            test.replace(shrink, shrink_once)
            return test.start(make_album, PICTURES[:20]).result()

    certify(scenario, exactly={"thumbnail": 20}, cuts=("after",))
